import Backend
import BackendLVM
import DriverCore
import Host
import TestSupport
import Testing

/// The table of the contract: every way in which Cairn keeps volumes.
///
/// A further backend joins by one fixture, and by its rows here.
enum BackendKind: String, Sendable, CustomTestStringConvertible {
    case loopThin = "thin loop on ext4"
    case loopThick = "thick loop on ext4"
    case loopThinXFS = "thin loop on xfs"
    case loopThickXFS = "thick loop on xfs"
    case loopThinBtrfs = "thin loop on btrfs"
    case loopThickBtrfs = "thick loop on btrfs"
    case lvmThin = "thin lvm"
    case lvmThick = "thick lvm"
    case lvmDiscarded = "thick lvm, wiped by discards"
    case lvmStriped = "thick lvm, 2 stripes"
    case lvmMirrored = "thick lvm, raid1"

    var row: BackendRow {
        switch self {
        case .loopThin: LoopFixture.row(.ext4, isThick: false)
        case .loopThick: LoopFixture.row(.ext4, isThick: true)
        case .loopThinXFS: LoopFixture.row(.xfs, isThick: false)
        case .loopThickXFS: LoopFixture.row(.xfs, isThick: true)
        case .loopThinBtrfs: LoopFixture.row(.btrfs, isThick: false)
        case .loopThickBtrfs: LoopFixture.row(.btrfs, isThick: true)
        case .lvmThin: LVMFixture.thin()
        case .lvmThick: LVMFixture.thick(ThickOptions())
        case .lvmDiscarded: LVMFixture.thick(ThickOptions(wipe: .discard))
        case .lvmStriped: LVMFixture.thick(ThickOptions(layout: Layout(stripes: 2)))
        case .lvmMirrored: LVMFixture.thick(ThickOptions(layout: Layout(raid: .raid1)))
        }
    }

    var testDescription: String { rawValue }

    static let thin = allCases.filter { !$0.row.isThick }
}

extension BackendKind: CaseIterable {
    /// What this machine keeps volumes in.
    ///
    /// A host has no kind that needs device mapper, and stands each loop kind on every file system.
    /// The guest of scripts/vm, which the ring `lvm` boots, has those that do: it is slow, and what
    /// needs no guest runs on its host.
    static let allCases: [BackendKind] =
        Guest.isHere
        ? [.lvmThin, .lvmThick]
        : [.loopThin, .loopThick, .loopThinXFS, .loopThickXFS, .loopThinBtrfs, .loopThickBtrfs]

    /// Those, and thick LVM laid out and wiped in its other ways; for what these could change.
    static let allLayouts =
        Guest.isHere ? allCases + [.lvmDiscarded, .lvmStriped, .lvmMirrored] : allCases
}

/// What the suites must know of a kind: where the contract leaves a choice, which it made.
struct BackendRow {
    let isThick: Bool
    /// Whether a volume must stay, and stay as large as it is, while it has snapshots.
    let snapshotsNeedTheirSource: Bool
    /// Whether a copy of a raw device that somebody has open is one step, and so is taken.
    let copiesOpenDevices: Bool
    /// Whether a detached volume keeps a device that nobody uses.
    let keepsDevices: Bool
    /// What a volume may take of the capacity beside its size.
    var overhead = ByteCount.zero
    let makeFixture: (StorageOptions, TemporaryFolder) throws -> any BackendFixture
}

/// How the storage of a test is made.
struct StorageOptions {
    /// Roughly: what keeps the storage together takes a part.
    var size = ByteCount.mebibytes(512)
    /// How many times a thin tier may promise what it has.
    var overcommit = 2.0
    var reserve = Reserve.bytes(.zero)
}

/// Storage of one kind for one test, which goes away with the test's folder.
protocol BackendFixture {
    /// A backend of the tier `test` over the storage, as a starting driver makes it; not started.
    func open() throws -> any VolumeBackend
    /// The names of all that is in the storage: what Cairn made, half-made, and what others have.
    func objects() throws -> [String]
    /// Makes the storage count now what was given back to it.
    func settle() throws
    /// Makes what is not Cairn's beside its objects, and returns the paths to its bytes, each with
    /// at least a mebibyte.
    func makeForeign() throws -> [String]
}
