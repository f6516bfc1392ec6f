import CSIMessages
import DriverCore
import DriverHarness
import Glibc
import Host
import TestSupport
import Testing

/// How long and by which seed, from the environment.
enum Soak {
    static let callers = 8
    static var seconds: UInt64 { number("CAIRN_SOAK_SECONDS", else: 20) }
    /// What a soak may take in all, its last deletes included.
    static var minutes: UInt64 { seconds / 60 + 15 }

    static func number(_ variable: String, else other: UInt64) -> UInt64 {
        Environment.value(of: variable).flatMap(UInt64.init) ?? other
    }
}

/// Random calls of many callers while the driver is killed and the disk of its pool goes away and
/// comes back, again and again.
///
/// `CAIRN_SOAK_SECONDS` and `CAIRN_SOAK_SEED` choose length and decisions.
@Suite(.serialized, .cluster(.xfsThin, poolSize: .gibibytes(8)), .timeLimit(.minutes(Soak.minutes)))
struct `A soak on a pool with reflink` {
    @Test func `loses nothing, leaks nothing and answers truly`() async throws {
        try await soak(in: try Cluster.here(), numbers: 0..<Soak.callers)
    }
}

@Suite(
    .serialized,
    .cluster(.ext4Thin, poolSize: .gibibytes(8)),
    .timeLimit(.minutes(Soak.minutes))
)
struct `A soak on a pool without reflink` {
    @Test func `loses nothing, leaks nothing and answers truly`() async throws {
        try await soak(in: try Cluster.here(), numbers: Soak.callers..<2 * Soak.callers)
    }
}

/// The suites run side by side: with the same numbers, and so the same ids, their devices would look
/// alike while the disks of both pools are away.
private func soak(in cluster: Cluster, numbers: Range<Int>) async throws {
    let seed = Soak.number("CAIRN_SOAK_SEED", else: 1)
    let ledger = SoakLedger()
    let files = BlockingPool(threads: Soak.callers)
    let end = ContinuousClock.now + .seconds(Int(Soak.seconds))

    await withTaskGroup(of: Void.self) { group in
        for number in numbers {
            group.addTask {
                var caller = SoakCaller(
                    of: cluster,
                    ledger: ledger,
                    seed: seed,
                    number: number,
                    files: files
                )
                await caller.run { ContinuousClock.now >= end }
                await caller.finish()
                await caller.finishSnapshots()
            }
        }
        group.addTask { await disturb(cluster, ledger, seed: seed, until: end) }
    }
    try await cluster.expectNothingLeft()
    ledger.show(seed, of: cluster.pools[0])
    for violation in ledger.figures.violations.prefix(20) { Issue.record("\(violation)") }
}

private func disturb(
    _ cluster: Cluster,
    _ ledger: SoakLedger,
    seed: UInt64,
    until end: ContinuousClock.Instant
) async {
    var step = 0
    while ContinuousClock.now < end {
        var decisions = Decisions(seed: seed, caller: Soak.callers, step: step)
        step += 1
        try? await Task.sleep(for: .milliseconds(Int.random(in: 100...2500, using: &decisions)))
        do {
            switch Int.random(in: 0..<6, using: &decisions) {
            case 0, 1:
                try await loseDisk(of: cluster, ledger, &decisions)
                continue
            case 2, 3:
                for _ in 0..<20 { try await detachDevice(of: cluster, ledger, &decisions) }
                continue
            default: break
            }
            try await cluster.driver.stop(SIGKILL)
            // As where a container's own folder holds the notes.
            if Bool.random(using: &decisions) {
                try cluster.loseNotes()
                ledger.countLoss()
            }
            try await cluster.driver.start()
            ledger.countKill()
        } catch {
            return ledger.report("the driver or its pool does not come back: \(error)")
        }
    }
}

/// Detaches a loop device of the pool, as a clean-up script of the host would, whatever the driver
/// does with it now.
///
/// A mounted one stays until its unmount, as the kernel has it; any other one goes at once.
private func detachDevice(
    of cluster: Cluster,
    _ ledger: SoakLedger,
    _ decisions: inout Decisions
) async throws {
    let pool = cluster.pools[0].directory
    if let device = Leftovers.devices(beneath: pool).randomElement(using: &decisions) {
        try Tool.run("/usr/bin/perl", "-e", detaching, device, pool)
        ledger.countDetachment()
    }
    try? await Task.sleep(for: .milliseconds(Int.random(in: 1...40, using: &decisions)))
}

/// LOOP_CLR_FD of linux/loop.h, on a device that is the pool's: while it is open, its number goes to
/// no other test's file.
private let detaching = """
    my ($device, $pool) = @ARGV;
    my $name = $device =~ s{^/dev/}{}r;
    open(my $node, '<', $device) or exit 0;
    open(my $file, '<', "/sys/block/$name/loop/backing_file") or exit 0;
    ioctl($node, 0x4C01, 0) if index(<$file> // '', $pool) == 0;
    """

/// Takes the pool's disk away for a moment, in which the driver may be killed and started.
private func loseDisk(
    of cluster: Cluster,
    _ ledger: SoakLedger,
    _ decisions: inout Decisions
) async throws {
    let pool = cluster.pools[0]
    let isKilled = Bool.random(using: &decisions)
    let pause = Duration.milliseconds(Int.random(in: 20...400, using: &decisions))
    try pool.lose()
    if isKilled {
        try await cluster.driver.restart(SIGKILL)
        ledger.countKill()
    }
    try? await Task.sleep(for: pause)
    let made = Paths.names(in: pool.directory)
    if !made.isEmpty { ledger.report("\(made) was made where no disk is mounted") }
    try pool.mount()
    ledger.countDiskLoss()
}

extension SoakLedger {
    fileprivate func show(_ seed: UInt64, of pool: Pool) {
        let figures = figures
        print(
            "soak on \(pool.kind): seed \(seed), \(Soak.seconds) s, \(Soak.callers) callers, "
                + "\(figures.total) operations, \(figures.kills) kills, "
                + "\(figures.losses) of them with lost notes, "
                + "\(figures.diskLosses) times without the disk, "
                + "\(figures.detachments) devices detached, \(figures.retried) retried, "
                + "\(figures.violations.count) violations"
        )
        let counts = figures.operations.sorted { $0.key < $1.key }
        print("    " + counts.map { "\($0) \($1)" }.joined(separator: ", "))
    }
}

extension Cluster {
    fileprivate func expectNothingLeft() async throws {
        for snapshot in try await snapshots() { try await deleteSnapshot(snapshot) }
        #expect(try await volumes() == [])
        #expect(entries() == [])
        #expect(volumeDevices() == [])
        #expect(try volumeMounts() == [])
        #expect(Paths.names(in: "\(folder)/usage") == [])
        #expect(Paths.names(in: "\(folder)/kubelet/pods") == [])
        try await expectNoLeakOfCapacity()
    }

    /// A driver that has just read everything offers what the old one does.
    ///
    /// Less than the smallest volume: the file system moves a little by itself, and the tier promises
    /// a hundred times what it has.
    private func expectNoLeakOfCapacity() async throws {
        try Tool.run("/usr/bin/sync", "--file-system", pools[0].directory)
        let old = try await capacity().availableCapacity
        try await driver.restart()
        let new = try await capacity().availableCapacity
        #expect(abs(new - old) < 16 << 20, "capacity leaked: \(old) before a restart, \(new) after")
    }
}
