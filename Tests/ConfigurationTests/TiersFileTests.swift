import BackendLoop
import Configuration
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct TiersFileTests {
    @Test func `the smallest file is one default tier of thin ext4`() throws {
        let file = try TiersFile(
            parsing: "tiers: [{name: a, loop: {directory: /srv/a}}]",
            file: "tiers.yaml"
        )
        let tier = try #require(file.tiers.first)
        #expect(file.tiers.count == 1)
        #expect(tier.name == "a")
        #expect(tier.isDefault)
        #expect(tier.filesystem == .ext4)
        #expect(tier.reserve == .bytes(.zero))
        let loop = try loop(of: tier)
        #expect(loop.directory == "/srv/a")
        #expect(loop.provisioning == .thin)
        #expect(loop.overcommit == 1)
    }

    @Test func `every key is read`() throws {
        let text = """
            # Two tiers.
            tiers:
              - name: scratch
                filesystem: xfs
                reserve: 5%
                loop: {directory: /var/lib/cairn/scratch, provisioning: thin, overcommit: 1.5}
              - name: "0-solid-9"
                default: true
                filesystem: btrfs
                reserve: 10Gi
                loop:
                  directory: '/var/lib/cairn/solid state'
                  provisioning: thick
            """
        let tiers = try TiersFile(parsing: text, file: "tiers.yaml").tiers
        #expect(tiers.map(\.name) == ["scratch", "0-solid-9"])
        #expect(tiers.map(\.isDefault) == [false, true])
        #expect(tiers.map(\.filesystem) == [.xfs, .btrfs])
        #expect(tiers.map(\.reserve) == [.percent(5), .bytes(.gibibytes(10))])
        let loops = try tiers.map(loop(of:))
        #expect(loops.map(\.provisioning) == [.thin, .thick])
        #expect(loops.map(\.overcommit) == [1.5, 1])
        #expect(loops[1].directory == "/var/lib/cairn/solid state")
    }

    @Test func `of several tiers none is the default unless the file says so`() throws {
        let text = """
            tiers:
              - {name: a, loop: {directory: /srv/a}}
              - {name: b, loop: {directory: /srv/ab}}
            """
        let tiers = try TiersFile(parsing: text, file: "tiers.yaml").tiers
        #expect(tiers.map(\.isDefault) == [false, false])
    }

    @Test func `a byte order mark and carriage returns are accepted`() throws {
        let text = "\u{FEFF}tiers:\r\n  - name: a\r\n    loop: {directory: /srv/a}\r\n"
        #expect(try TiersFile(parsing: text, file: "t").tiers.count == 1)
    }
}

func loop(of tier: TierConfiguration) throws -> LoopStorage {
    try #require(tier.storage as? LoopStorage)
}
