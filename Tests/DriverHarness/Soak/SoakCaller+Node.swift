import CSIMessages
import DriverCore
import GRPCRuntime
import Host
import TestSupport

extension SoakCaller {
    mutating func stage(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard !volume.id.isEmpty, volume.exists.mayBe else { return }
        if volume.staged == .no { volumes[slot].staged = .unknown }
        let request = NodeStageVolumeRequest(
            volumeID: volume.id,
            stagingTargetPath: site.staging(volume.id),
            volumeCapability: .mount()
        )
        let codes: Set<StatusCode> = volume.exists == .unknown ? [.notFound] : []
        switch await call(request, patience, allowing: codes) {
        case .answered:
            volumes[slot].staged = .yes
            volumes[slot].exists = .yes
        case .refused: volumes[slot].staged = volume.staged
        case .lost: break
        }
    }

    mutating func publish(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard !volume.id.isEmpty, volume.exists == .yes else { return }
        if volume.published == .no { volumes[slot].published = .unknown }
        let request = NodePublishVolumeRequest(
            volumeID: volume.id,
            stagingTargetPath: site.staging(volume.id),
            targetPath: target(of: volume),
            volumeCapability: .mount()
        )
        let codes: Set<StatusCode> = volume.staged == .yes ? [] : [.failedPrecondition]
        switch await call(request, patience, allowing: codes) {
        case .answered:
            if volume.staged == .no { report("\(volume.name) is published without being staged") }
            volumes[slot].published = .yes
            volumes[slot].staged = .yes
        case .refused: volumes[slot].published = volume.published
        case .lost: break
        }
    }

    mutating func unpublish(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard !volume.id.isEmpty else { return }
        if volume.published == .yes { volumes[slot].published = .unknown }
        let request = NodeUnpublishVolumeRequest(
            volumeID: volume.id,
            targetPath: target(of: volume)
        )
        guard case .answered = await call(request, patience) else { return }
        volumes[slot].published = .no
        if Paths.exists(target(of: volume)) {
            report("\(target(of: volume)) is there after its unpublish")
        }
    }

    mutating func unstage(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard !volume.id.isEmpty else { return }
        if volume.staged == .yes { volumes[slot].staged = .unknown }
        let request = NodeUnstageVolumeRequest(
            volumeID: volume.id,
            stagingTargetPath: site.staging(volume.id)
        )
        let codes: Set<StatusCode> = volume.published.mayBe ? [.failedPrecondition] : []
        switch await call(request, patience, allowing: codes) {
        case .answered:
            if volume.published == .yes { report("\(volume.name) is unstaged while published") }
            volumes[slot].staged = .no
            // The target of a publish that was cut short may be there, and waits for its unpublish.
            if volume.published != .unknown { volumes[slot].published = .no }
            if !site.devices(of: volume.id).isEmpty { report("\(volume.name) has a device") }
        case .refused where volume.published == .yes: volumes[slot].staged = volume.staged
        case .refused, .lost: break
        }
    }

    func stats(_ slot: Int) async {
        let volume = volumes[slot]
        guard volume.published == .yes else { return }
        let request = NodeGetVolumeStatsRequest(
            volumeID: volume.id,
            volumePath: target(of: volume)
        )
        if case .answered(let answer) = await call(request, 3), answer.usage.first?.total ?? 0 <= 0
        {
            report("\(volume.name) has no size: \(answer)")
        }
    }
}

/// Contents.
extension SoakCaller {
    mutating func write(_ slot: Int) async {
        let volume = volumes[slot]
        guard volume.published == .yes else { return }
        made += 1
        let mark = "\(volume.name) \(made)"
        let target = target(of: volume)
        ledger.count("write")
        volumes[slot].marks.insert(mark)
        do {
            try await files.run { () throws(DriverError) in
                try SoakContents.write(mark, in: target)
            }
            volumes[slot].marks = [mark]
        } catch {
            report("cannot write to \(volume.name): \(error)")
        }
    }

    mutating func verify(_ slot: Int) async {
        let volume = volumes[slot]
        guard volume.published == .yes else { return }
        let target = target(of: volume)
        ledger.count("verify")
        do {
            let mark = try await files.run { () throws(DriverError) in
                try SoakContents.mark(in: target)
            }
            if !volume.marks.contains(mark) {
                report("\(volume.name) holds '\(mark)' in place of \(volume.marks)")
            }
            volumes[slot].marks = [mark]
        } catch {
            report("cannot read \(volume.name): \(error)")
        }
    }
}
