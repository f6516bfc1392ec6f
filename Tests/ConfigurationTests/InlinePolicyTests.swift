import Configuration
import DriverCore
import Testing

/// What a tiers file opens for pods and for copies.
@Suite(.timeLimit(.minutes(5))) struct InlinePolicyTests {
    private static let loop = "loop: {directory: /srv/a}"

    private func policy(_ lines: String...) throws -> TierPolicy {
        let text = (["tiers:", "- name: a", "  \(Self.loop)"] + lines.map { "  " + $0 })
        let file = try TiersFile(parsing: text.joined(separator: "\n"), file: "t")
        return try #require(file.tiers.first).policy
    }

    @Test func `a tier is closed where the file says nothing`() throws {
        #expect(try policy() == TierPolicy(inline: nil, allowsVolumeModeChange: false))
    }

    @Test func `a pod gets the tier's file system unless more are listed`() throws {
        let inline = try policy("filesystem: xfs", "inline: {maxSize: 10Gi, maxVolumes: 50}").inline
        #expect(
            inline
                == InlinePolicy(
                    maximumSize: .gibibytes(10),
                    maximumVolumes: 50,
                    filesystems: [.xfs]
                )
        )
        let more = try policy(
            "inline: {maxSize: 1Gi, maxVolumes: 1, filesystems: [xfs, btrfs]}"
        ).inline
        #expect(more?.filesystems == [.xfs, .btrfs])
    }

    @Test func `another volume mode is allowed by a flag`() throws {
        #expect(try policy("allowVolumeModeChange: true").allowsVolumeModeChange)
        #expect(!(try policy("allowVolumeModeChange: false").allowsVolumeModeChange))
    }

    @Test(arguments: [
        ("inline: true", "a mapping with the keys maxSize, maxVolumes"),
        ("inline: {}", "'inline' needs the key 'maxSize'"),
        ("inline: {maxSize: 1Gi}", "'inline' needs the key 'maxVolumes'"),
        ("inline: {maxSize: 1Gi, maxVolumes: 1, size: 1}", "'inline' cannot have the key 'size'"),
        ("inline: {maxSize: 0, maxVolumes: 1}", "'maxSize' accepts a size like 10Gi"),
        ("inline: {maxSize: lots, maxVolumes: 1}", "'maxSize' accepts a size like 10Gi"),
        ("inline: {maxSize: 1Gi, maxVolumes: 0}", "a number from 1 to 100000"),
        ("inline: {maxSize: 1Gi, maxVolumes: 100001}", "a number from 1 to 100000"),
        ("inline: {maxSize: 1Gi, maxVolumes: many}", "a number from 1 to 100000"),
        ("inline: {maxSize: 1Gi, maxVolumes: 1, filesystems: []}", "at least one of: ext4"),
        ("inline: {maxSize: 1Gi, maxVolumes: 1, filesystems: ext4}", "a list of file systems"),
        ("inline: {maxSize: 1Gi, maxVolumes: 1, filesystems: [zfs]}", "ext4, xfs, btrfs"),
        ("allowVolumeModeChange: yes", "true or false"),
    ])
    func `what is wrong is refused by line`(line: String, words: String) {
        Refusal.tier("name: a", Self.loop, line, line: 4, words: words).check()
    }
}
