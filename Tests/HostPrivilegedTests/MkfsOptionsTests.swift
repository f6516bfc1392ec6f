import DriverCore
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MkfsOptionsTests {
    @Test(arguments: [
        (FilesystemType.ext4, "-m 1 -i 65536", ["-m", "1", "-i", "65536"]),
        (
            .ext4, "  -m1\t-E stride=16,stripe_width=64 ",
            ["-m", "1", "-E", "stride=16,stripe_width=64"]
        ),
        (.ext4, "-O ^resize_inode,project", ["-O", "^resize_inode,project"]),
        (.ext4, "-e remount-ro", ["-e", "remount-ro"]),
        (.xfs, "-m reflink=0 -d su=64k,sw=2", ["-m", "reflink=0", "-d", "su=64k,sw=2"]),
        (
            .btrfs, "-m single --nodesize=16k -M",
            ["--metadata", "single", "--nodesize", "16k", "--mixed"]
        ),
        (.btrfs, "--csum xxhash", ["--checksum", "xxhash"]),
        (.ext4, "", []),
    ])
    func `harmless options are taken apart`(
        type: FilesystemType,
        text: String,
        options: [String]
    ) throws {
        #expect(try Filesystems.parse(mkfsOptions: text, for: type) == options)
    }

    @Test(arguments: [
        (FilesystemType.ext4, "/dev/sda"), (.ext4, "-m"), (.ext4, "-F"), (.ext4, "-d /etc"),
        (.ext4, "-L a/b"), (.ext4, "-J device=/dev/sda"), (.ext4, "-E offset=4096"),
        (.ext4, "-E nodiscard"), (.ext4, "-O journal_dev"), (.ext4, "-U random"), (.ext4, "-S"),
        (.ext4, "-n"), (.ext4, "-t ext2"), (.ext4, "-m 1 extra"), (.ext4, "-L $(id)"),
        (.ext4, "-L ;id"), (.ext4, "-E stride=,x"), (.ext4, "-"), (.ext4, "--"),
        (.ext4, "-E assume_storage_prezeroed=1"), (.ext4, "-b -F"),
        (.xfs, "-d file=1,name=x"), (.xfs, "-d size=1m"), (.xfs, "-l logdev=x"), (.xfs, "-f"),
        (.xfs, "-m uuid=x"), (.xfs, "-r rtdev=x"), (.xfs, "-c options=x"), (.xfs, "-p x"),
        (.xfs, "-N"), (.btrfs, "--force"), (.btrfs, "-f"), (.btrfs, "-U x"), (.btrfs, "-b 1m"),
        (.btrfs, "--rootdir x"), (.btrfs, "--shrink"), (.btrfs, "--mixed=x"),
    ])
    func `options that reach elsewhere or force are refused`(
        type: FilesystemType,
        text: String
    ) {
        let error = #expect(throws: DriverError.self) {
            try Filesystems.parse(mkfsOptions: text, for: type)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("accepted: ") == true)
    }

    /// No volume stops the node, loses its order of writes, or is called like a disk of the host.
    @Test(arguments: [
        (FilesystemType.ext4, "-e panic", "remount-ro"), (.ext4, "-e continue", "remount-ro"),
        (.ext4, "-epanic", "remount-ro"), (.ext4, "-O project,^has_journal", "power cut"),
        (.ext4, "-L data", "label"), (.ext4, "-Ldata", "label"), (.xfs, "-L data", "label"),
        (.btrfs, "-L data", "label"), (.btrfs, "--label=data", "label"),
    ])
    func `options that make a fault of the volume one of the node are refused`(
        type: FilesystemType,
        text: String,
        reason: String
    ) {
        let error = #expect(throws: DriverError.self) {
            try Filesystems.parse(mkfsOptions: text, for: type)
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(reason) == true)
    }

    @Test(arguments: ["\u{301}", "\u{200D}", "\u{A0}"])
    func `a character that joins with a separator hides no option`(joining: String) {
        for text in [
            "-E stride=16,\(joining)offset=4096", "-E stride\(joining)=16", "-\(joining)F",
            "-m\(joining) 1", "-m 1\(joining)-F", "-O\(joining)", "--\(joining)force",
        ] {
            let error = #expect(throws: DriverError.self) {
                try Filesystems.parse(mkfsOptions: text, for: .ext4)
            }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test(arguments: [
        (
            FilesystemType.ext4,
            "-m 5 -N 5000 -E stride=16 -O ^resize_inode,^huge_file -b 1024"
        ),
        (.xfs, "-m reflink=0,rmapbt=1 -d agcount=2 -i size=1024"),
        (.btrfs, "-m single -d single --csum xxhash"),
    ])
    func `what a user sets is what is made`(type: FilesystemType, text: String) throws {
        try withTemporaryFolder { folder in
            for isThick in [false, true] {
                let image = try folder.attachImage("\(isThick)", size: .mebibytes(320))
                let options = try Filesystems.parse(mkfsOptions: text, for: type)
                try Filesystems.make(
                    type,
                    on: image.device.path,
                    options: options,
                    isThick: isThick
                )
                let target = try folder.target("mounted \(isThick)")
                try target.createDirectory()
                try Mounts.mount(
                    device: image.device.path,
                    at: target,
                    filesystem: type,
                    flags: [],
                    readOnly: false
                )
            }
        }
    }

    @Test
    func `an option that mkfs refuses is told in its own words`() throws {
        try withTemporaryFolder { folder in
            let image = try folder.attachImage("a", size: .mebibytes(32))
            let options = try Filesystems.parse(mkfsOptions: "-b 12345", for: .ext4)
            let error = #expect(throws: DriverError.self) {
                try Filesystems.make(.ext4, on: image.device.path, options: options, isThick: false)
            }
            #expect(error?.message.contains("blocks too big") == true)
        }
    }
}
