import CSIMessages
import DriverHarness
import GRPCRuntime
import TestSupport
import Testing

/// The page that Prometheus reads.
@Suite(.serialized, .cluster(.ext4Thin, .xfsThin), .timeLimit(.minutes(5)))
struct `The metrics page` {
    let cluster: Cluster

    init() throws { cluster = try Cluster.here() }

    @Test func `counts calls by method and code`() async throws {
        let deletes = #"cairn_calls_total{method="/csi.v1.Controller/DeleteVolume",code="#
        let durations = "cairn_call_duration_seconds"
        let method = #"{method="/csi.v1.Controller/DeleteVolume"}"#
        let before = try cluster.driver.metrics()
        try await cluster.delete("no-such-volume")
        await expectFailure(.invalidArgument, "volume_id") {
            _ = try await cluster.driver.call(DeleteVolumeRequest())
        }
        let after = try cluster.driver.metrics()
        let succeeded = deletes + #""OK"}"#
        #expect(after[succeeded] == (before[succeeded] ?? 0) + 1)
        let failed = deletes + #""INVALID_ARGUMENT"}"#
        #expect(after[failed] == (before[failed] ?? 0) + 1)
        #expect(
            after[durations + "_count" + method] == (before[durations + "_count" + method] ?? 0) + 2
        )
        #expect(try #require(after[durations + "_sum" + method]) > 0)
    }

    @Test func `tells what each tier holds and can take`() async throws {
        let tier = #"{tier="xfs-thin"}"#
        let before = try cluster.driver.metrics()
        let id = try await cluster.create(cluster.unique("counted"), tier: "xfs-thin").volumeID
        _ = try await cluster.snapshot(id, named: cluster.unique("snap"))
        let after = try cluster.driver.metrics()
        #expect(after["cairn_tier_up" + tier] == 1)
        for name in ["cairn_tier_volumes", "cairn_tier_snapshots"] {
            #expect(try after[name + tier] == #require(before[name + tier]) + 1)
        }
        let capacity = try await cluster.capacity(of: "xfs-thin")
        #expect(after["cairn_tier_available_bytes" + tier] == Double(capacity.availableCapacity))
        let size = try #require(after["cairn_tier_size_bytes" + tier])
        #expect(size >= Double(capacity.availableCapacity))
        let used = try #require(after[#"cairn_tier_used_ratio{tier="xfs-thin",store="data"}"#])
        #expect((0..<1).contains(used))
    }

    @Test func `tells a tier whose disk is gone, beside those that work`() async throws {
        let pool = try cluster.pool(.xfsThin)
        try pool.unmount()
        let lost = Result { try cluster.driver.metrics() }
        try pool.mount()
        let page = try lost.get()
        #expect(page[#"cairn_tier_up{tier="xfs-thin"}"#] == 0)
        #expect(page[#"cairn_tier_up{tier="ext4-thin"}"#] == 1)
        let problem =
            #"cairn_tier_problems{tier="xfs-thin",kind="unavailable"}"#
        #expect(page[problem] == 1)
        let back = try cluster.driver.metrics()
        #expect(back[#"cairn_tier_up{tier="xfs-thin"}"#] == 1)
        #expect(back[problem] == 0)
    }

    @Test func `counts the programs that run, and the file systems that they make`() async throws {
        let made = #"cairn_filesystems_made_total{filesystem="ext4"}"#
        let runs = #"cairn_program_runs_total{program="mkfs.ext4",exit="0"}"#
        let durations = #"cairn_program_duration_seconds_count{program="mkfs.ext4"}"#
        let before = try cluster.driver.metrics()
        let id = try await cluster.create(cluster.unique("made"), tier: "xfs-thin").volumeID
        try await cluster.stage(id)
        try await cluster.unstage(id)
        // It is formatted once: the second stage runs nothing.
        try await cluster.stage(id)
        try await cluster.unstage(id)
        let after = try cluster.driver.metrics()
        for series in [made, runs, durations] {
            #expect(after[series] == (before[series] ?? 0) + 1, "\(series)")
        }
        #expect(after[#"cairn_programs_running{program="mkfs.ext4"}"#] == 0)
        #expect(after[#"cairn_filesystems_made_total{filesystem="btrfs"}"#] == 0)
        try await cluster.delete(id)
    }

    @Test func `tells the operations that run, and 0 once they have ended`() async throws {
        let id = try await cluster.create(cluster.unique("operated")).volumeID
        try await cluster.delete(id)
        let page = try cluster.driver.metrics()
        for kind in ["CreateVolume", "DeleteVolume"] {
            #expect(page["cairn_operations_running{kind=\"\(kind)\"}"] == 0)
            #expect(page["cairn_operations_oldest_seconds{kind=\"\(kind)\"}"] == 0)
        }
    }

    @Test func `holds no name and no id of a volume or a snapshot`() async throws {
        let name = cluster.unique("secret")
        let id = try await cluster.create(name).volumeID
        let snapshot = try await cluster.snapshot(id, named: "\(name)-cut")
        try await cluster.stage(id)
        let page = try cluster.driver.metrics().text
        for text in [name, "v1-", "s1-", id, snapshot.snapshotID] {
            #expect(!page.contains(text), "\(text)")
        }
        try await cluster.unstage(id)
    }

    @Test(arguments: ["live", "startup", "ready"])
    func `has pages for the probes of kubelet beside it`(probe: String) throws {
        let port = try cluster.driver.metricsPort()
        let answer = try HTTPConnection.ask("/healthz/\(probe)", port: port)
        #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.body == "ok\n")
        let other = try HTTPConnection.ask("/healthz/\(probe)/more", port: port)
        #expect(other.head.hasPrefix("HTTP/1.1 404 "))
    }

    @Test func `names the driver, its readiness and its process`() async throws {
        let page = try cluster.driver.metrics()
        #expect(page["cairn_ready"] == 1)
        #expect(page.series.contains { $0.hasPrefix("cairn_info{driver=") })
        #expect(try #require(page["cairn_looks_total"]) >= 1)
        for name in ["cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds"] {
            #expect(try #require(page["process_" + name]) > 0)
        }
    }

    @Test func `has each sample once, and each family's help and type before it`() async throws {
        let page = try cluster.driver.metrics()
        #expect(Set(page.series).count == page.series.count)
        var families: Set<Substring> = []
        for line in page.text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") { families.insert(line.split(separator: " ")[2]) }
            guard !line.hasPrefix("#") else { continue }
            let name = line.prefix { $0 != "{" && $0 != " " }
            let bases = ["_bucket", "_sum", "_count", ""].filter(name.hasSuffix)
                .map { name.dropLast($0.count) }
            #expect(bases.contains(where: families.contains), "\(line)")
        }
    }

    @Test func `that cannot be served is told, and stops nothing`() async throws {
        let folder = "\(cluster.folder)/\(cluster.unique("taken"))"
        for name in ["", "/run", "/kubelet", "/a"] { try Paths.makeFolder(folder + name) }
        var places = Driver.Places(folder: folder)
        places.metricsAddress = "127.0.0.1:\(try cluster.driver.metricsPort())"
        let driver = Driver(places: places)
        try Bytes.write(
            "tiers: [{name: a, loop: {directory: \(folder)/a, create: true, mountPoint: false}}]\n",
            to: places.tiersFile
        )
        try await driver.start()
        try await driver.stop()
        let complaint = try driver.log().first { $0["message"] == "cannot serve metrics" }
        #expect(complaint?["level"] == "error")
        #expect(complaint?["error"]?.contains(places.metricsAddress) == true)
    }
}
