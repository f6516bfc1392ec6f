import BackendLVM
import Configuration
import DriverCore
import Testing

/// What `lvm` says, and what is wrong inside it.
@Suite(.timeLimit(.minutes(5))) struct LVMTierTests {
    private func lvm(_ text: String) throws -> LVMStorage {
        let file = try TiersFile(parsing: "tiers: [{name: a, lvm: \(text)}]", file: "t")
        return try #require(file.tiers.first?.storage as? LVMStorage)
    }

    private func thick(_ text: String) throws -> ThickOptions {
        guard case .thick(let thick) = try lvm(text).provisioning else {
            throw DriverError(.notFound, "no thick tier")
        }
        return thick
    }

    @Test func `a group alone is a thick tier that writes zeros`() throws {
        let lvm = try lvm("{volumeGroup: vg}")
        #expect(lvm.volumeGroup == "vg")
        #expect(lvm.path == "vg")
        let thick = try thick("{volumeGroup: vg}")
        #expect(thick.wipe == .zero)
        #expect(thick.snapshotReserve == 20)
        #expect(thick.layout == .linear)
    }

    @Test func `a group with a pool is a thin tier`() throws {
        let lvm = try lvm("{volumeGroup: vg, thinPool: pool}")
        #expect(lvm.provisioning == .thin(ThinOptions(pool: "pool")))
        #expect(lvm.path == "vg/pool")
        let more = try self.lvm("{volumeGroup: vg, thinPool: pool, overcommit: 2.5}")
        #expect(more.provisioning == .thin(ThinOptions(pool: "pool", overcommit: 2.5)))
    }

    @Test func `every key of a thick tier is read`() throws {
        let thick = try thick(
            "{volumeGroup: vg, wipe: none, snapshotReserve: 100%, "
                + "createOptions: {raid: raid5, stripes: 4, stripeSize: 128Ki}}"
        )
        #expect(thick.wipe == .none)
        #expect(thick.snapshotReserve == 100)
        #expect(thick.layout == Layout(raid: .raid5, stripes: 4, stripeSize: .kibibytes(128)))
        let discarding = "{volumeGroup: vg, wipe: discard, createOptions: {stripes: 2}}"
        #expect(try self.thick(discarding).wipe == .discard)
    }

    @Test(arguments: [
        ("{}", 1, 1), ("{stripes: 3}", 3, 3), ("{stripes: 128}", 128, 128),
        ("{raid: raid0}", 2, 2), ("{raid: raid1}", 1, 2), ("{raid: raid1, stripes: 1}", 1, 2),
        ("{raid: raid5}", 2, 3), ("{raid: raid6}", 3, 5), ("{raid: raid10}", 2, 4),
        ("{raid: raid10, stripes: 32}", 32, 64), ("{raid: raid5, stripes: 63}", 63, 64),
        ("{raid: raid6, stripes: 62}", 62, 64),
    ])
    func `a layout says how many disks it needs`(options: String, stripes: Int, disks: Int) throws {
        let layout = try thick("{volumeGroup: vg, createOptions: \(options)}").layout
        #expect(layout.stripes == stripes)
        #expect(layout.width == disks)
    }

    @Test(arguments: ["4Ki", "64Ki", "1Mi", "65536"])
    func `a stripe size at the edge of the rule is accepted`(size: String) throws {
        let options = "{stripes: 2, stripeSize: \(size)}"
        #expect(
            try thick("{volumeGroup: vg, createOptions: \(options)}").layout.stripeSize
                == ByteCount(parsing: size)
        )
    }

    @Test(arguments: ["vg", "a", "VG.1", "+x_y", "..a", "a-b", String(repeating: "a", count: 127)])
    func `a name that LVM accepts is accepted`(name: String) throws {
        #expect(try lvm("{volumeGroup: \(name), thinPool: \(name)}").volumeGroup == name)
    }

    @Test(arguments: [
        "''", "-a", ".", "..", "a/b", "'a b'", "a:b", "a@b", "\u{e9}", "\u{661}", "[a]", "{a: b}",
        "\"a\\0\"", "\"a\\n\"", String(repeating: "a", count: 128),
    ])
    func `a wrong name is refused`(name: String) {
        for key in ["volumeGroup", "thinPool"] {
            let other = key == "thinPool" ? "volumeGroup: vg" : "wipe: zero"
            Refusal.tier(
                "name: a",
                "lvm:",
                "  \(other)",
                "  \(key): \(name)",
                line: 5,
                words: "'\(key)' accepts an LVM name"
            ).check()
        }
    }

    @Test(arguments: [
        Refusal.tier("name: a", "lvm: {wipe: zero}", line: 3, words: "needs the key 'volumeGroup'"),
        .tier("name: a", "lvm: vg", line: 3, words: "a mapping", "volumeGroup, thinPool"),
        .tier(
            "name: a",
            "lvm: {volumeGroup: vg, size: 1}",
            line: 3,
            words: "cannot have the key 'size'"
        ),
        .tier(
            "name: a",
            "lvm:",
            "  overcommit: 2",
            "  volumeGroup: vg",
            line: 4,
            words: "'overcommit' is accepted only with thinPool"
        ),
        .tier(
            "name: a",
            "lvm:",
            "  volumeGroup: vg",
            "  thinPool: p",
            "  wipe: zero",
            line: 6,
            words: "'wipe' is accepted only without thinPool"
        ),
        .tier(
            "name: a",
            "lvm:",
            "  volumeGroup: vg",
            "  thinPool: p",
            "  createOptions: {}",
            line: 6,
            words: "'createOptions' is accepted only without thinPool"
        ),
        .tier(
            "name: a",
            "lvm:",
            "  volumeGroup: vg",
            "  createOptions: {raid: raid0}",
            "  wipe: discard",
            line: 6,
            words: "'wipe' cannot be discard with raid"
        ),
        .tier(
            "name: a",
            "loop: {directory: /srv/a}",
            "lvm: {volumeGroup: vg}",
            line: 4,
            words: "exactly one of the keys: loop, lvm"
        ),
    ])
    func `wrong keys are refused`(refusal: Refusal) { refusal.check() }

    @Test(arguments: [
        ("wipe", "shred", "'wipe' accepts zero, discard, none"),
        ("wipe", "[zero]", "'wipe' accepts zero, discard, none"),
        ("snapshotReserve", "0%", "1% to 100%"), ("snapshotReserve", "101%", "1% to 100%"),
        ("snapshotReserve", "20", "1% to 100%"), ("snapshotReserve", "-5%", "1% to 100%"),
        ("snapshotReserve", "1.5%", "1% to 100%"), ("snapshotReserve", "'%'", "1% to 100%"),
        ("createOptions", "[]", "a mapping"),
        ("createOptions", "{level: 1}", "cannot have the key 'level'"),
        ("createOptions", "{raid: raid4}", "raid0, raid1, raid5, raid6, raid10"),
        ("createOptions", "{stripes: 0}", "'stripes' accepts 1 to 128"),
        ("createOptions", "{stripes: 129}", "'stripes' accepts 1 to 128"),
        ("createOptions", "{stripes: '2'}", "'stripes' accepts 1 to 128"),
        ("createOptions", "{stripes: +2}", "'stripes' accepts 1 to 128"),
        ("createOptions", "{stripes: 99999999999999999999}", "'stripes' accepts 1 to 128"),
        ("createOptions", "{raid: raid0, stripes: 1}", "2 to 64 with raid0"),
        ("createOptions", "{raid: raid0, stripes: 65}", "2 to 64 with raid0"),
        ("createOptions", "{raid: raid1, stripes: 2}", "only 1 with raid1"),
        ("createOptions", "{raid: raid5, stripes: 64}", "2 to 63 with raid5"),
        ("createOptions", "{raid: raid6, stripes: 2}", "3 to 62 with raid6"),
        ("createOptions", "{raid: raid10, stripes: 33}", "2 to 32 with raid10"),
        ("createOptions", "{stripes: 2, stripeSize: 2Ki}", "a power of two from 4Ki to 1Mi"),
        ("createOptions", "{stripes: 2, stripeSize: 2Mi}", "a power of two from 4Ki to 1Mi"),
        ("createOptions", "{stripes: 2, stripeSize: 12Ki}", "a power of two from 4Ki to 1Mi"),
        ("createOptions", "{stripeSize: 64Ki}", "only with more than one stripe"),
        ("createOptions", "{raid: raid1, stripeSize: 64Ki}", "only with more than one stripe"),
    ])
    func `a wrong value is refused`(key: String, value: String, words: String) {
        Refusal.tier(
            "name: a",
            "lvm:",
            "  volumeGroup: vg",
            "  \(key): \(value)",
            line: 5,
            words: words
        ).check()
    }

    @Test func `a group may hold a thick tier and one for each pool`() throws {
        let text = """
            tiers:
              - {name: a, lvm: {volumeGroup: vg}}
              - {name: b, lvm: {volumeGroup: vg, thinPool: p}}
              - {name: c, lvm: {volumeGroup: vg, thinPool: q}}
              - {name: d, lvm: {volumeGroup: other, thinPool: p}}
              - {name: e, loop: {directory: /vg}}
            """
        #expect(try TiersFile(parsing: text, file: "t").tiers.map(\.name).count == 5)
    }

    @Test(arguments: [
        Refusal(
            """
            tiers:
              - {name: a, lvm: {volumeGroup: vg}}
              - name: b
                lvm:
                  volumeGroup: vg
            """,
            line: 5,
            "volume group 'vg' is already used by tier 'a'"
        ),
        Refusal(
            """
            tiers:
              - {name: a, lvm: {volumeGroup: vg, thinPool: p}}
              - name: b
                lvm:
                  volumeGroup: vg
                  thinPool: p
            """,
            line: 6,
            "thin pool 'vg/p' is already used by tier 'a'"
        ),
    ])
    func `two tiers in one place are refused`(refusal: Refusal) { refusal.check() }
}
