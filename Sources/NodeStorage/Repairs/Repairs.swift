package import Backend
package import DriverCore
internal import Host
package import Logging
internal import Synchronization

/// Scans records, data, devices and mounts at the start and at SIGHUP, and repairs what a crash
/// left.
///
/// Each tier finishes or removes what is half-made and tells what it cannot explain; here devices
/// go that a crash has left attached and that nothing uses. Mounts are kubelet's and stay.
package final class Repairs: Sendable {
    private let tiers: Tiers
    private let operations: Operations
    private let usage: VolumeUsageBook
    private let logger: Logger
    private let detached = Mutex(0)

    package init(
        tiers: Tiers,
        operations: Operations,
        usage: VolumeUsageBook,
        logger: Logger
    ) {
        self.tiers = tiers
        self.operations = operations
        self.usage = usage
        self.logger = logger
    }

    /// What all tiers together have repaired since the process began.
    package var figures: RepairFigures {
        var sum = tiers.repairs
        sum.detached += detached.withLock(\.self)
        return sum
    }

    /// Opens the tiers, which scan their storage then.
    ///
    /// Called once, before anything else.
    package func start() async throws(DriverError) { try await scan { $0.start() } }

    /// Scans all tiers again; throws `operationPending` while another scan is running.
    package func rescan() async throws(DriverError) { try await scan { $0.rescan() } }

    private func scan(_ body: @escaping @Sendable (Tiers) -> Void) async throws(DriverError) {
        let key = "the scan of records, data, devices and mounts"
        let attached = try await operations.run("repair", holding: [.exclusive(key)]) {
            [tiers] (_) in
            body(tiers)
            return tiers.attachedVolumes()
        }
        for id in attached { await release(id) }
        await finishRemovals()
        reportNotes()
    }

    /// Removes the inline volumes that were unpublished while their tier did not answer.
    package func finishRemovals() async {
        for id in usage.pendingRemovals {
            do throws(DriverError) {
                try await operations.run("repair", holding: [.exclusive(id.text)]) {
                    [self] (_) throws(DriverError) in try finishRemoval(of: id)
                }
            } catch {
                logger.debug(
                    "an inline volume cannot be removed yet",
                    metadata: ["volume_id": "\(id)", "reason": "\(error.message)"]
                )
            }
        }
    }

    private func finishRemoval(of id: VolumeID) throws(DriverError) {
        // It may have been published anew before its key was free.
        guard usage.usage(of: id).publications.isEmpty else { return }
        if let volume = try tiers.find(id), volume.record.isEphemeral {
            try volume.devices.close()
            try volume.tier.change { (it) throws(DriverError) in try it.deleteVolume(id) }
            logger.notice(
                "removed an inline volume whose tier answers again",
                metadata: ["volume_id": "\(id)"]
            )
        }
        try usage.forget(id)
    }

    private static let lostAdvice =
        "its access mode counts as unknown; keep the directory of the notes when the driver "
        + "restarts: in a container, mount the node's own there"
    private static let unreadableAdvice =
        "its access mode counts as unknown; the next stage or publish writes the note again"

    /// Logs notes that cannot be read, and volumes in use without a note.
    private func reportNotes() {
        for (id, reason) in usage.unreadableNotes {
            logger.warning(
                "cannot read the note of a volume's use",
                metadata: [
                    "volume_id": "\(id)", "path": "\(usage.notePath(of: id))",
                    "reason": "\(reason)",
                    "advice": "\(Self.unreadableAdvice)",
                ]
            )
        }
        var lost: [VolumeID: String] = [:]
        do throws(DriverError) {
            let mounted = try MountTable.volumes(tiers.volume(ofDevice:))
            for (volume, place) in mounted where isUnnoted(volume.id) {
                // Another driver of the host may have a volume of the same id.
                guard try tiers.device(of: volume.id)?.path == volume.device else { continue }
                lost[volume.id] = place
            }
        } catch {
            logger.warning(
                "cannot check whether notes of volumes in use are lost",
                metadata: ["reason": "\(error.message)"]
            )
            return
        }
        usage.findings.lostNotes = Set(lost.keys)
        for (id, place) in lost {
            logger.warning(
                "a volume is in use, but the note of its use is lost",
                metadata: [
                    "volume_id": "\(id)", "mounted_on": "\(place)",
                    "path": "\(usage.notePath(of: id))", "advice": "\(Self.lostAdvice)",
                ]
            )
        }
    }

    /// Whether the volume is one of this node's and has no note.
    private func isUnnoted(_ id: VolumeID) -> Bool {
        tiers.remembers(id) && usage.usage(of: id).isEmpty && usage.unreadableNotes[id] == nil
    }

    /// Detaches the volume's device unless something may use it.
    private func release(_ id: VolumeID) async {
        do throws(DriverError) {
            try await operations.run("repair", holding: [.exclusive(id.text)]) {
                [self] (_) throws(DriverError) in
                guard let volume = try tiers.find(id), try isIdle(volume) else { return }
                try volume.devices.close()
                detached.withLock { $0 += 1 }
                logger.notice(
                    "detached a device that was not in use",
                    metadata: ["volume_id": "\(id)"]
                )
            }
        } catch {
            // Who holds the volume uses it, and so does who has its device open.
            guard error.code == .operationPending || error.code == .inUse else {
                logger.warning(
                    "cannot check whether a device is in use",
                    metadata: ["volume_id": "\(id)", "reason": "\(error.message)"]
                )
                return
            }
        }
    }

    /// Whether the volume's device is not mounted and nothing can need it.
    ///
    /// What may be handed out as a raw device is used without any mount.
    private func isIdle(_ volume: Tiers.LocatedVolume) throws(DriverError) -> Bool {
        let record = volume.record
        guard record.contents != .raw, !record.capabilities.contains(where: \.isBlock),
            usage.usage(of: record.id).staging?.access.isBlock != true,
            let device = try volume.devices.current()
        else { return false }
        return try VolumeMounts(of: device).places.isEmpty
    }
}
