import Backend
package import CSIServing
import DriverCore
import Host
package import Naming
package import NodeStorage
package import Telemetry

/// What the driver tells those who watch it.
///
/// Made anew for each reader: tiers are asked then, and one that hangs costs the reader the tiers'
/// patience once and nothing after that.
package struct MetricsPage: Sendable {
    private let identity: NodeIdentity
    private let readiness: Readiness
    private let tiers: Tiers
    private let repairs: Repairs
    private let operations: Operations
    private let usage: VolumeUsageBook
    private let calls: CallFigures

    package init(
        identity: NodeIdentity,
        readiness: Readiness,
        tiers: Tiers,
        repairs: Repairs,
        operations: Operations,
        usage: VolumeUsageBook,
        calls: CallFigures
    ) {
        self.identity = identity
        self.readiness = readiness
        self.tiers = tiers
        self.repairs = repairs
        self.operations = operations
        self.usage = usage
        self.calls = calls
    }

    package func text() -> MetricsText {
        var page = MetricsText()
        addDriver(to: &page)
        addCalls(to: &page)
        page.add(tiers.figures())
        page.add(repairs.figures)
        page.add(usage)
        if let process = try? ProcessFigures() { page.add(process) }
        return page
    }

    private func addDriver(to page: inout MetricsText) {
        page.family("cairn_info", .gauge, "What this driver is.")
        page.sample(
            "cairn_info",
            1,
            [
                "driver": identity.driverName, "node": identity.nodeID,
                "version": identity.version,
            ]
        )
        page.family("cairn_ready", .gauge, "Whether the tiers have been opened once.")
        page.sample("cairn_ready", readiness.isReady ? 1 : 0)
        page.family("cairn_operations_running", .gauge, "Operations that change something now.")
        page.sample("cairn_operations_running", operations.runningCount)
    }

    private func addCalls(to page: inout MetricsText) {
        let all = calls.all
        page.family("cairn_calls_total", .counter, "Calls that have ended, by their gRPC code.")
        for (method, figures) in all {
            for (code, count) in figures.codes.sorted(by: { $0.key < $1.key }) {
                page.sample("cairn_calls_total", count, ["method": method, "code": code])
            }
        }
        page.family("cairn_call_duration_seconds", .histogram, "How long calls took.")
        for (method, figures) in all {
            page.samples("cairn_call_duration_seconds", "method", method, figures.seconds)
        }
    }
}

extension MetricsText {
    fileprivate mutating func add(_ tiers: [(tier: String, figures: TierFigures)]) {
        add("cairn_tier_up", "Whether the tier can serve now.", tiers) { $0.health.isUp ? 1 : 0 }
        add("cairn_tier_size_bytes", "What its volumes may add up to.", tiers) {
            $0.capacity?.total.bytes
        }
        add("cairn_tier_available_bytes", "What new volumes can be promised.", tiers) {
            $0.capacity?.available.bytes
        }
        add("cairn_tier_largest_volume_bytes", "The largest volume that fits.", tiers) {
            $0.capacity?.maximumVolumeSize.bytes
        }
        add("cairn_tier_volumes", "Volumes of the tier.", tiers) { $0.volumes.map(Int64.init) }
        add("cairn_tier_snapshots", "Snapshots of the tier.", tiers) {
            $0.snapshots.map(Int64.init)
        }
        family("cairn_tier_used_ratio", .gauge, "The share in use of each store of the tier.")
        for (tier, figures) in tiers {
            for store in TierHealth.Store.allCases {
                guard let level = figures.health.levels[store] else { continue }
                sample("cairn_tier_used_ratio", level, ["tier": tier, "store": store.rawValue])
            }
        }
        family(
            "cairn_tier_cut_seconds",
            .histogram,
            "How long snapshots and clones held the writers of a volume."
        )
        for (tier, figures) in tiers {
            guard let cuts = figures.cuts else { continue }
            samples("cairn_tier_cut_seconds", "tier", tier, cuts)
        }
        family("cairn_tier_problem", .gauge, "1 for each thing that needs somebody's hand.")
        for (tier, figures) in tiers {
            for problem in figures.health.problems {
                sample(
                    "cairn_tier_problem",
                    1,
                    ["tier": tier, "kind": problem.kind.rawValue, "subject": problem.subject]
                )
            }
        }
    }

    /// One gauge with a sample for each tier that can tell.
    private mutating func add(
        _ name: String,
        _ help: String,
        _ tiers: [(tier: String, figures: TierFigures)],
        _ value: (TierFigures) -> Int64?
    ) {
        family(name, .gauge, help)
        for (tier, figures) in tiers {
            if let value = value(figures) { sample(name, value, ["tier": tier]) }
        }
    }

    fileprivate mutating func add(_ repairs: RepairFigures) {
        family("cairn_looks_total", .counter, "Comparisons of records, data, devices and mounts.")
        sample("cairn_looks_total", repairs.looks)
        family("cairn_repairs_total", .counter, "What those comparisons have set right.")
        sample("cairn_repairs_total", repairs.removed, ["kind": "removed"])
        sample("cairn_repairs_total", repairs.thawed, ["kind": "thawed"])
        sample("cairn_repairs_total", repairs.resumed, ["kind": "resumed"])
        sample("cairn_repairs_total", repairs.detached, ["kind": "detached"])
        family("cairn_unexplained", .gauge, "What the latest look could not explain.")
        for kind in RepairFigures.Kind.allCases {
            sample("cairn_unexplained", repairs.unexplained[kind] ?? 0, ["kind": kind.rawValue])
        }
    }

    fileprivate mutating func add(_ usage: VolumeUsageBook) {
        family(
            "cairn_usage_notes_problem",
            .gauge,
            "Volumes whose use is not noted: the note is lost, or cannot be read."
        )
        sample("cairn_usage_notes_problem", usage.findings.lostNotes.count, ["kind": "lost"])
        sample("cairn_usage_notes_problem", usage.unreadableNotes.count, ["kind": "unreadable"])
        family(
            "cairn_volume_held",
            .gauge,
            "1 for each volume that a process keeps mounted in a mount namespace of its own."
        )
        for (id, holder) in usage.findings.heldVolumes.sorted(by: { $0.key < $1.key }) {
            sample(
                "cairn_volume_held",
                1,
                [
                    "volume": id.text, "pid": "\(holder.pid)", "command": holder.command,
                    "container": holder.container ?? "",
                ]
            )
        }
    }

    /// By the names that Prometheus clients use for every process.
    fileprivate mutating func add(_ process: ProcessFigures) {
        family("process_cpu_seconds_total", .counter, "User and system time.")
        sample("process_cpu_seconds_total", process.cpuSeconds)
        family("process_resident_memory_bytes", .gauge, "Resident memory.")
        sample("process_resident_memory_bytes", process.residentBytes)
        family("process_open_fds", .gauge, "Open file descriptors.")
        sample("process_open_fds", process.openDescriptors)
        family("process_max_fds", .gauge, "How many file descriptors it may open.")
        sample("process_max_fds", process.mostDescriptors)
    }
}
