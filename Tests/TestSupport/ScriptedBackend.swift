package import Backend
package import DriverCore
import Glibc
package import Host
import Synchronization

/// A backend in memory whose every call can be made to fail, and which counts its calls.
///
/// Its data are sparse files of a test's folder, attached as real loop devices where a test does so.
package final class ScriptedBackend: VolumeBackend {
    private struct State {
        var volumes: [VolumeID: VolumeRecord] = [:]
        var snapshots: [SnapshotID: SnapshotRecord] = [:]
        var calls: [String] = []
        /// How many calls until one fails; nil for none.
        var countdown: Int?
        var failure = DriverError(.hostFailure, "scripted")
        var isFull = false
        /// How long each step takes at most, in microseconds; it is chosen at random.
        var longest: UInt32 = 0
        /// The one call that hangs at the barrier; nil for all.
        var hanging: String?
    }

    package let tier: String
    package let sizeUnit = ByteCount.kibibytes(4)
    package let isThick = false
    package let choosesBlockSize: Bool
    private let folder: String
    private let devices = LoopDevices()
    private let state = Mutex(State())
    private let barrier = Barrier()

    package init(tier: String = "scripted", folder: String, choosesBlockSize: Bool = true) {
        self.tier = tier
        self.choosesBlockSize = choosesBlockSize
        self.folder = folder
    }

    /// Makes the call after the next `count` ones fail, once.
    package func fail(after count: Int, with code: DriverError.Code = .hostFailure) {
        state.withLock { state in
            state.calls = []
            state.countdown = count
            state.failure = DriverError(code, "scripted failure")
        }
    }

    /// The name of the call that failed, and that no more will; nil where none came so far.
    package func endScript() -> String? {
        state.withLock { state in
            defer { state.countdown = nil }
            return state.countdown == nil ? state.calls.last : nil
        }
    }

    /// Whether there is no room for a new volume.
    package func fill(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Makes each step take a time of its own, up to the longest.
    package func slow(to longest: Duration) {
        state.withLock { $0.longest = UInt32(longest / .microseconds(1)) }
    }

    private func dawdle() {
        let longest = state.withLock(\.longest)
        if longest > 0 { usleep(UInt32.random(in: 0...longest)) }
    }

    /// Makes every call that comes hang until ``goOn()``, or those of one name.
    package func hang(only call: String? = nil) {
        state.withLock { $0.hanging = call }
        barrier.close()
    }

    package func goOn() { barrier.open() }

    /// How many calls hang now.
    package var held: Int { barrier.held }

    package func path(of id: VolumeID) -> String { "\(folder)/\(id)" }

    private func step(_ name: String) throws(DriverError) {
        let hanging = state.withLock(\.hanging)
        if hanging == nil || hanging == name { barrier.pass() }
        dawdle()
        let failure = state.withLock { state -> DriverError? in
            guard let left = state.countdown else { return nil }
            state.calls.append(name)
            state.countdown = left > 0 ? left - 1 : nil
            return left > 0 ? nil : state.failure
        }
        if let failure { throw failure }
    }
}

extension ScriptedBackend {
    /// Its devices are files.
    package func volume(ofDevice name: String) throws(DriverError) -> VolumeID? { nil }
    package func start() throws(DriverError) { try step("start") }
    package func checkHealth() throws(DriverError) { try step("checkHealth") }

    package func health() -> TierHealth {
        do throws(DriverError) {
            try checkHealth()
            return TierHealth()
        } catch {
            return TierHealth(unavailable: tier, error)
        }
    }

    package func volumes() throws(DriverError) -> [VolumeRecord] {
        try step("volumes")
        return state.withLock { $0.volumes.values.sorted { $0.id < $1.id } }
    }

    package func remembers(_ id: VolumeID) -> Bool { state.withLock { $0.volumes[id] != nil } }
    package func remembers(_ id: SnapshotID) -> Bool { state.withLock { $0.snapshots[id] != nil } }

    package func volume(_ id: VolumeID) throws(DriverError) -> VolumeRecord? {
        try step("volume")
        return state.withLock { $0.volumes[id] }
    }

    package func createVolume(_ record: VolumeRecord, progress: Progress)
        throws(DriverError) -> VolumeRecord
    {
        try step("createVolume")
        if state.withLock(\.isFull) { throw DriverError(.outOfSpace, "the test has filled it") }
        try Bytes.makeFile(path(of: record.id), size: record.size)
        var record = record
        record.state = .ready
        dawdle()
        state.withLock { [record] in $0.volumes[record.id] = record }
        return record
    }

    package func deleteVolume(_ id: VolumeID) throws(DriverError) {
        try step("deleteVolume")
        guard state.withLock({ $0.volumes[id] != nil }) else { return }
        try detachNow(id)
        try Folders.remove(path(of: id))
        state.withLock { $0.volumes[id] = nil }
    }

    package func expandVolume(_ id: VolumeID, to size: ByteCount) throws(DriverError)
        -> VolumeRecord
    {
        try step("expandVolume")
        guard var record = state.withLock({ $0.volumes[id] }) else { throw missing(id) }
        record.size = max(record.size, size)
        try Bytes.makeFile(path(of: id), size: record.size)
        if let device = try device(of: id) {
            try HeldDevice(opening: device.path).takeOverFileSize()
        }
        state.withLock { [record] in $0.volumes[id] = record }
        return record
    }

    package func setContents(_ contents: VolumeRecord.Contents, of id: VolumeID)
        throws(DriverError)
    {
        try step("setContents \(contents.rawValue)")
        state.withLock { $0.volumes[id]?.contents = contents }
    }

    package func snapshots() throws(DriverError) -> [SnapshotRecord] {
        try step("snapshots")
        return state.withLock { $0.snapshots.values.sorted { $0.id < $1.id } }
    }

    package func snapshot(_ id: SnapshotID) throws(DriverError) -> SnapshotRecord? {
        try step("snapshot")
        return state.withLock { $0.snapshots[id] }
    }

    package func createSnapshot(_ record: SnapshotRecord, progress: Progress)
        throws(DriverError) -> SnapshotRecord
    {
        try step("createSnapshot")
        state.withLock { $0.snapshots[record.id] = record }
        return record
    }

    package func deleteSnapshot(_ id: SnapshotID) throws(DriverError) {
        try step("deleteSnapshot")
        state.withLock { $0.snapshots[id] = nil }
    }

    package func capacity() throws(DriverError) -> TierCapacity {
        try step("capacity")
        let size = ByteCount.gibibytes(1)
        return TierCapacity(total: size, available: size, maximumVolumeSize: size)
    }
}

extension ScriptedBackend {
    package func hold(_ id: VolumeID) throws(DriverError) -> HeldDevice {
        try step("attach")
        guard state.withLock({ $0.volumes[id] != nil }) else { throw missing(id) }
        let device = try devices.attach(file: path(of: id), directIO: false, readOnly: false)
        return try HeldDevice.loop(device, showing: FileIdentity(of: path(of: id)))
    }

    package func attachment(of id: VolumeID) throws(DriverError) -> AttachedDevice? {
        try step("attachment")
        return try device(of: id).map { AttachedDevice(path: $0.path, number: $0.number) }
    }

    package func detach(_ id: VolumeID) throws(DriverError) {
        try step("detach")
        try detachNow(id)
    }

    private func detachNow(_ id: VolumeID) throws(DriverError) {
        guard let device = try device(of: id) else { return }
        try devices.detach(device, backing: FileIdentity(of: path(of: id)))
    }

    private func device(of id: VolumeID) throws(DriverError) -> LoopDevice? {
        guard state.withLock({ $0.volumes[id] != nil }) else { return nil }
        return try devices.find(backing: FileIdentity(of: path(of: id)))
    }

    private func missing(_ id: VolumeID) -> DriverError {
        DriverError(.notFound, "volume \(id) does not exist")
    }
}
