import DriverCore
import Synchronization

@testable import BackendLVM

/// The disks of a group in memory, with a cache in front of them, as its host could meet them.
final class TestGroup: Sendable {
    private struct State {
        var disks: [String: SampleDisk] = [:]
        var broken: Set<String> = []
        /// What the search for devices answers; nil makes it fail.
        var found: [String]? = []
        var hidden: [String: String] = [:]
        /// Devices that lie beneath others, as the paths of a multipath map do.
        var beneath: Set<String> = []
        var searches = 0
        var reads = 0
        var now = ContinuousClock.now
    }

    static let ids = [
        "vpyCwI-4iw0-SOQF-lEuc-ygwp-TNDn-RwloxX", "jYZ7t6-Y1LL-6Zfv-FAkf-smvM-Md4S-FBSJab",
        "BscJVL-bQzt-diDV-Ji6c-ZESI-1M4x-O2FBYT", "PFXS6p-1EeX-vLF8-mLEy-hVPr-ExRY-24cDrT",
        "lSzXUy-1mP9-QGP6-3EFf-8r4t-aAtD-iAzKxS",
    ]
    /// Of the disks in the order of their ids.
    static let devices = ["/dev/a", "/dev/b", "/dev/c", "/dev/d", "/dev/e"]

    private let state = Mutex(State())

    /// All five disks hold the same text, but for the fourth, which has no area.
    init(text: String? = nil) throws {
        let text = try text ?? Self.text()
        state.withLock { $0.found = Self.devices }
        for (device, id) in zip(Self.devices, Self.ids) {
            put(.made(id: id, text: Array(text.utf8)), at: device)
        }
        var bare = SampleDisk()
        bare.label(id: Self.ids[3], areas: [])
        put(bare, at: Self.devices[3])
    }

    /// The text of the sample with another sequence number.
    static func text(sequence: Int = 31, name: String = "vg") throws -> String {
        try Sample.mixed.text
            .replacing("seqno = 31", with: "seqno = \(sequence)")
            .replacing("vg {", with: "\(name) {", maxReplacements: 1)
    }

    func cache(patience: Duration = .seconds(60)) -> MetadataCache {
        MetadataCache(
            group: "vg",
            gate: Gate("volume group vg", patience: patience),
            read: { device, offset, count throws(DriverError) in
                try self.read(device, offset, count)
            },
            now: { self.state.withLock { $0.now } },
            sources: DiskSources(
                find: { () throws(DriverError) in try self.search() },
                hidden: { ids in self.state.withLock { $0.hidden.filter { ids.contains($0.key) } }
                },
                distinct: { self.distinct($0) }
            )
        )
    }

    var searches: Int { state.withLock { $0.searches } }
    var reads: Int { state.withLock { $0.reads } }

    func put(_ disk: SampleDisk?, at device: String) {
        state.withLock { $0.disks[device] = disk }
    }

    func disk(at device: String) -> SampleDisk? { state.withLock { $0.disks[device] } }

    /// Makes a device answer no read, or answer again.
    func setBroken(_ device: String, _ isBroken: Bool = true) {
        state.withLock {
            if isBroken { $0.broken.insert(device) } else { $0.broken.remove(device) }
        }
    }

    func setFound(_ devices: [String]?) { state.withLock { $0.found = devices } }

    func setHidden(_ hidden: [String: String]) { state.withLock { $0.hidden = hidden } }

    func setBeneath(_ devices: Set<String>) { state.withLock { $0.beneath = devices } }

    private func distinct(_ devices: [String]) -> [String] {
        let beneath = state.withLock(\.beneath)
        return devices.filter { !beneath.contains($0) }
    }

    func pass(_ time: Duration) { state.withLock { $0.now += time } }

    /// Writes a text at some place of the area of each disk, as a commit does.
    func commit(_ text: String, at offset: Int64, to devices: [String] = ["a", "b", "c", "e"]) {
        for name in devices {
            guard var disk = disk(at: "/dev/\(name)") else { continue }
            disk.commit(Array(text.utf8), at: offset)
            put(disk, at: "/dev/\(name)")
        }
    }

    private func search() throws(DriverError) -> [String] {
        let found = state.withLock { state in
            state.searches += 1
            return state.found
        }
        guard let found else { throw DriverError(.unavailable, "lvm does not answer") }
        return found
    }

    private func read(_ device: String, _ offset: Int64, _ count: Int) throws(DriverError)
        -> [UInt8]
    {
        let disk = state.withLock { state in
            state.reads += 1
            return state.broken.contains(device) ? nil : state.disks[device]
        }
        guard let disk else { throw DriverError(.unavailable, "cannot read \(device): EIO") }
        return disk.read(offset, count)
    }
}
