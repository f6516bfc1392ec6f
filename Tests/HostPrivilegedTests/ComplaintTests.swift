import Testing

@testable import Host

/// Of what a program says, the lines that help.
@Suite(.timeLimit(.minutes(5)))
struct ComplaintTests {
    @Test(arguments: [
        (
            "Illegal value 0 for -d agcount option. value is too small\nUsage: mkfs.xfs\n"
                + "/* blocksize */\t\t[-b size=num]\n",
            "Illegal value 0 for -d agcount option. value is too small"
        ),
        (
            "mke2fs 1.47.0 (5-Feb-2023)\nmke2fs: No such file or directory\n",
            "mke2fs: No such file or directory"
        ),
        (
            "btrfs-progs v6.2\nSee https://btrfs.readthedocs.io for more information.\n\n"
                + "NOTE: several defaults have changed\nERROR: not enough free space\n",
            "ERROR: not enough free space"
        ),
        ("Usage: mkfs.xfs\n", "Usage: mkfs.xfs"), ("", "it printed nothing"),
    ])
    func `usage texts, versions and notes are left out`(said: String, helps: String) {
        let output = CommandOutput(exitCode: 1, standardOutput: "", standardError: said)
        #expect(output.helpfulComplaint == helps)
    }
}
