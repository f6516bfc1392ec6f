import DriverCore
import Host
import Synchronization

/// Scans at intervals for further disks that claim to be of a group: clones that were attached
/// while the driver runs.
///
/// It reads the labels of devices of others, so it has a thread of its own that one of them may hold.
final class DiskWatch: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var isLooking = false
        /// The disks that were found before; each is reported once.
        var suspects: Set<String> = []
    }

    private let interval: Duration
    private let thread = BlockingPool(threads: 1)
    private let state = Mutex(State())

    init(interval: Duration = .seconds(60)) { self.interval = interval }

    /// Begins a scan where one is due, and calls `found` later where it finds new disks.
    ///
    /// Never waits.
    func look(beside metadata: VolumeGroupMetadata, found: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            guard !state.isLooking else { return false }
            if let last = state.last, ContinuousClock.now - last < interval { return false }
            state.isLooking = true
            return true
        }
        guard isDue else { return }
        do {
            _ = try thread.begin { () throws(DriverError) in
                defer { self.end() }
                let suspects = try Self.suspects(beside: metadata)
                let isNews = self.state.withLock { state in
                    defer { state.suspects = suspects }
                    return !suspects.isSubset(of: state.suspects)
                }
                if isNews { found() }
            }
        } catch {
            end()
        }
    }

    private func end() {
        state.withLock { state in
            state.isLooking = false
            state.last = .now
        }
    }

    private static func suspects(beside metadata: VolumeGroupMetadata) throws(DriverError)
        -> Set<String>
    {
        var known: Set<UInt64> = []
        for device in metadata.physicalVolumes.compactMap(\.device) {
            let number = try DeviceTree.number(of: device)
            known.insert(number)
            known.formUnion(try DeviceTree.beneath(number))
        }
        let others = try DeviceTree.candidates().filter { !known.contains($0.number) }
        return Set(others.map(\.path).filter { claims($0, metadata) })
    }

    /// Whether a device has a label of the group; one that does not answer is read again at the
    /// next scan.
    private static func claims(_ device: String, _ metadata: VolumeGroupMetadata) -> Bool {
        let read: DeviceRead = { device, offset, count throws(DriverError) in
            try StoredBytes.read(device, at: offset, count: count)
        }
        guard let look = try? DiskLook(at: device, read: read) else { return false }
        if metadata.physicalVolumes.contains(where: { $0.id == look.label.id }) { return true }
        return look.headers.contains { header in
            guard header.hasText, let range = header.textRanges.first else { return false }
            let head = try? read(device, range.lowerBound, min(range.count, headOfText))
            return head.map { String(decoding: $0, as: UTF8.self).contains(metadata.id) } ?? false
        }
    }

    /// The group's id is among its first lines.
    private static let headOfText = 4096
}
