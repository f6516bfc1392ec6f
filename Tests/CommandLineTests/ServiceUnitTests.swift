import DriverHarness
import TestSupport
import Testing

/// The commands of the units in `deploy/systemd`, as systemd runs them.
@Suite(.timeLimit(.minutes(5))) struct ServiceUnitTests {
    @Test func `the units start the driver, and mount and unmount a volume`() async throws {
        try await withTemporaryFolder { folder in
            defer { Leftovers.remove(beneath: folder.path) }
            let driver = try commands("cairn.service", "ExecStart", in: folder.path)
            let mount = try commands("cairn-mount@.service", "ExecStart", in: folder.path)
            let unmount = try commands("cairn-mount@.service", "ExecStop", in: folder.path)
            let tier = "{name: scratch, default: true, loop: {directory: \(folder.path)/pool}}"
            try Bytes.write("tiers: [\(tier)]\n", to: "\(folder.path)/tiers.yaml")
            let outcome = try await CommandLine.runScript(
                """
                set -e
                cd \(folder.path)
                mkdir mounts
                export CSI_ENDPOINT=unix://$PWD/csi.sock CAIRN_CONFIG=$PWD/tiers.yaml
                export CAIRN_STATE_DIR=$PWD/state NODE_ID=host
                cairn pool create scratch
                \(driver) --usage-dir $PWD/usage 2>driver.log &
                trap 'kill %1; wait' EXIT
                # systemd may run both at once: the mount waits for the driver.
                \(mount) 2>early &
                early=$!
                until cairn version | grep -q ^node; do sleep 0.1; done
                ! wait $early
                cairn volume create data --size 16Mi >created
                \(mount)
                echo kept >mounts/data/note
                \(unmount)
                ! ls mounts/data
                # After a reboot nothing is mounted when systemd stops the unit.
                \(unmount)
                \(mount)
                cat mounts/data/note
                \(unmount)
                """
            )
            #expect(outcome.code == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.lines.contains("kept"), "\(outcome.output)")
        }
    }

    /// The value of a key, with what systemd puts in it, and with the folder's paths.
    private func commands(_ unit: String, _ key: String, in folder: String) throws -> String {
        let text = String(decoding: try Bytes.read("deploy/systemd/\(unit)"), as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(key)=") })
        return String(line.dropFirst(key.count + 1))
            .replacing("/usr/local/bin/", with: "")
            .replacing("/etc/cairn", with: folder)
            .replacing("/srv/cairn", with: "\(folder)/mounts")
            .replacing("%i", with: "data")
            .replacing("$$", with: "$")
    }
}
