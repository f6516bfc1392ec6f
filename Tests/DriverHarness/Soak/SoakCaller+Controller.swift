import CSIMessages
import GRPCRuntime

extension SoakCaller {
    /// Makes the slot's volume, or asks again for the one that is there.
    mutating func create(_ slot: Int, from other: Int, _ patience: Int) async {
        var volume = volumes[slot]
        if volume.exists == .no { chooseSource(of: &volume, other) }
        if volume.exists == .unknown { noteSourceNow(of: &volume) }
        let request = CreateVolumeRequest(
            name: volume.name,
            capacityRange: .mebibytes(volume.mebibytes),
            volumeCapabilities: [.mount()],
            parameters: tier.name.map { ["tier": $0] } ?? [:],
            volumeContentSource: volume.source?.inRequest,
            accessibilityRequirements: volume.source == nil ? site.topology(of: volume.name) : nil
        )
        let wasKnown = volume.exists == .yes
        if !wasKnown { volume.exists = .unknown }
        volumes[slot] = volume
        // A source may be gone, may have grown or may be attached unmounted since the first try: then
        // the copy does not exist.
        let codes: Set<StatusCode> =
            wasKnown || volume.source == nil ? [] : [.notFound, .outOfRange, .failedPrecondition]
        switch await call(request, patience, allowing: codes) {
        case .answered(let answer):
            let found = answer.volume
            if wasKnown, found?.volumeID != volume.id {
                report("another id for \(volume.name): \(String(describing: found))")
            }
            volume.id = found?.volumeID ?? ""
            volume.exists = .yes
            check(found?.capacityBytes ?? 0, of: &volume)
        case .refused(let code) where codes.contains(code): volume = freshVolume()
        case .refused, .lost: break
        }
        volumes[slot] = volume
    }

    /// A copy of the other slot's snapshot or volume where that surely exists.
    private func chooseSource(of volume: inout SoakVolume, _ other: Int) {
        volume.source = nil
        volume.marks = [""]
        if let snapshot = snapshots[other], snapshot.exists == .yes {
            volume.source = .snapshot(snapshot.id)
            volume.marks = snapshot.marks
            volume.mebibytes = snapshot.mebibytes
        } else if volumes[other].exists == .yes, volumes[other].name != volume.name,
            volumes[other].sizes.count == 1, made.isMultiple(of: 2)
        {
            volume.source = .volume(volumes[other].id)
            volume.marks = volumes[other].marks
            volume.mebibytes = (volumes[other].sizes.max() ?? 0) >> 20
        }
        volume.sizes = [volume.mebibytes << 20]
    }

    /// The first try may have copied nothing: then this one copies what the source holds now.
    private func noteSourceNow(of volume: inout SoakVolume) {
        guard case .volume(let source) = volume.source else { return }
        for other in volumes where other.id == source {
            volume.marks.formUnion(other.marks)
        }
    }

    private func check(_ size: Int64, of volume: inout SoakVolume) {
        if !volume.sizes.contains(size) { report("\(volume.name) has \(size): \(volume.sizes)") }
        volume.sizes = [size]
    }

    mutating func delete(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard !volume.id.isEmpty else { return }
        await releaseFromSnapshot(slot, patience)
        guard !isBound(slot) else { return }
        // kubelet asks until it knows.
        guard volume.published != .unknown else { return await unpublish(slot, patience) }
        guard volume.staged != .unknown else { return await unstage(slot, patience) }
        let mayBeUsed = volume.staged == .yes || volume.published == .yes
        volumes[slot].isDoomed = !mayBeUsed
        volumes[slot].exists = mayBeUsed ? volume.exists : .unknown
        let request = DeleteVolumeRequest(volumeID: volume.id)
        switch await call(request, patience, allowing: mayBeUsed ? [.failedPrecondition] : []) {
        case .answered:
            if mayBeUsed {
                report("\(volume.name) was deleted while it was in use")
            }
            deleted.append(volume.id)
            volumes[slot] = freshVolume()
            await expectGone(volume)
        case .refused, .lost: break
        }
    }

    /// Whether a snapshot of the slot's volume may exist, and forbids its delete and its growth.
    func isBound(_ slot: Int) -> Bool {
        tier.bindsSources && snapshots[slot]?.source == volumes[slot].id
    }

    private func expectGone(_ volume: SoakVolume) async {
        let request = ControllerGetVolumeRequest(volumeID: volume.id)
        if case .answered = await call(request, 3, allowing: [.notFound]) {
            report("\(volume.name) is there after its delete")
        }
    }

    private mutating func releaseFromSnapshot(_ slot: Int, _ patience: Int) async {
        guard isBound(slot) else { return }
        // One that may have been made is asked for again, to be told its id.
        if snapshots[slot]?.id.isEmpty == true { await snapshot(slot, patience) }
        await deleteSnapshot(slot, patience)
    }

    /// Only while it is not mounted: some machines cannot grow a mounted ext4.
    mutating func expand(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard volume.exists == .yes, volume.staged == .no, volume.published == .no,
            !isBound(slot)
        else { return }
        let size = min((volume.sizes.max() ?? 0) + 16 << 20, 128 << 20)
        volumes[slot].sizes.insert(size)
        let request = ControllerExpandVolumeRequest(
            volumeID: volume.id,
            capacityRange: CapacityRange(requiredBytes: size)
        )
        switch await call(request, patience) {
        case .answered(let answer): check(answer.capacityBytes, of: &volumes[slot])
        case .refused, .lost: break
        }
    }

    mutating func snapshot(_ slot: Int, _ patience: Int) async {
        let volume = volumes[slot]
        guard volume.exists == .yes, volume.sizes.count == 1 else { return }
        var snapshot = snapshots[slot] ?? newSnapshot(of: volume)
        // One of a volume that was deleted since is only looked at.
        guard snapshot.source == volume.id else { return }
        let wasKnown = snapshot.exists == .yes
        if !wasKnown {
            snapshot.exists = .unknown
            snapshot.marks.formUnion(volume.marks)
        }
        snapshots[slot] = snapshot
        let request = CreateSnapshotRequest(sourceVolumeID: volume.id, name: snapshot.name)
        // A volume that is attached and not mounted may be in raw use: only reflinks are whole then.
        let codes: Set<StatusCode> = volume.staged == .unknown ? [.failedPrecondition] : []
        if case .answered(let answer) = await call(request, patience, allowing: codes) {
            let id = answer.snapshot?.snapshotID ?? ""
            if wasKnown, snapshot.id != id { report("another id for \(snapshot.name): \(id)") }
            if answer.snapshot?.readyToUse != true { report("\(snapshot.name) is not ready") }
            snapshot.id = id
            snapshot.mebibytes = (answer.snapshot?.sizeBytes ?? 0) >> 20
            snapshot.exists = .yes
        }
        snapshots[slot] = snapshot
    }

    private mutating func newSnapshot(of volume: SoakVolume) -> SoakSnapshot {
        made += 1
        return SoakSnapshot(
            name: "soak-\(seed)-\(number)-s\(made)",
            source: volume.id,
            mebibytes: (volume.sizes.max() ?? 0) >> 20
        )
    }

    mutating func deleteSnapshot(_ slot: Int, _ patience: Int) async {
        guard let snapshot = snapshots[slot] else { return }
        if snapshot.id.isEmpty, snapshot.source != volumes[slot].id { snapshots[slot] = nil }
        guard !snapshot.id.isEmpty else { return }
        snapshots[slot]?.exists = .unknown
        let request = DeleteSnapshotRequest(snapshotID: snapshot.id)
        if case .answered = await call(request, patience) {
            deleted.append(snapshot.id)
            snapshots[slot] = nil
        }
    }

    /// There is room: the pools are far larger than what the callers make.
    func capacity() async {
        let request = GetCapacityRequest(parameters: tier.name.map { ["tier": $0] } ?? [:])
        guard case .answered(let answer) = await call(request, 0) else { return }
        if answer.availableCapacity < 0 || answer.maximumVolumeSize ?? 0 > answer.availableCapacity
        {
            report("the capacity is impossible: \(answer)")
        }
    }

    /// Everything that surely exists is listed, and nothing that surely does not.
    func list() async {
        var listed: Set<String> = []
        var token = ""
        repeat {
            let request = ListVolumesRequest(maxEntries: 7, startingToken: token)
            guard case .answered(let page) = await call(request, 3) else { return }
            listed.formUnion(page.entries.compactMap(\.volume?.volumeID))
            token = page.nextToken
        } while !token.isEmpty
        for volume in volumes where volume.exists == .yes && !listed.contains(volume.id) {
            report("\(volume.name) is not listed")
        }
        for id in deleted where listed.contains(id) { report("\(id) is listed after its delete") }
        if case .answered(let answer) = await call(ListSnapshotsRequest(), 3) {
            let ids = Set(answer.entries.compactMap(\.snapshot?.snapshotID))
            for id in deleted where ids.contains(id) { report("\(id) is listed after its delete") }
            for snapshot in snapshots.values where snapshot.exists == .yes {
                if !ids.contains(snapshot.id) { report("\(snapshot.name) is not listed") }
            }
        }
    }
}
