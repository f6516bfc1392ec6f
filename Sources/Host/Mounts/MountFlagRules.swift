import DriverCore

/// The mount options that no volume may have, and why.
///
/// Whoever writes a pod, or what lies on a volume, must not be able to stop the node or make it
/// lose data; so these are refused from administrators too, who could not want them for a volume.
///
/// Source: Documentation/admin-guide/ext4.rst and xfs.rst of Linux, btrfs(5), and the tables of
/// options in fs/ext4/super.c, fs/xfs/xfs_super.c and fs/btrfs/super.c.
enum MountFlagRules {
    private struct Rule {
        let reason: String
        /// The values that are allowed; nil where the option is refused with any value.
        var accepted: Set<String>?
    }

    /// Throws `invalidRequest` for options that are refused; `text` is ASCII.
    ///
    /// It is split at each comma, as the file systems do it: a quote means nothing to them.
    static func check(_ text: String) throws(DriverError) {
        for option in text.byteSplit(separator: ",") {
            let name = option.bytePrefix(before: "=")
            guard let rule = rules[String(name)] else { continue }
            let value = option.byteSuffix(after: "=")
            if let accepted = rule.accepted, accepted.contains(String(value ?? "")) { continue }
            let choice = rule.accepted.map { accepted in
                let values = accepted.filter { !$0.isEmpty }.sorted().map { "\(name)=\($0)" }
                return "; accepted: " + values.joined(separator: ", ")
            }
            throw DriverError(
                .invalidRequest,
                "mount flag '\(name)' \(rule.reason); remove it"
                    + (choice ?? "")
            )
        }
    }

    /// No name holds a character that is equal to another one for Swift, as K and the Kelvin sign.
    private static let rules: [String: Rule] = {
        var rules: [String: Rule] = [:]
        for (reason, names) in refused {
            for name in names { rules[name] = Rule(reason: reason) }
        }
        return rules.merging(limited) { _, limited in limited }
    }()

    private static let refused: [(reason: String, names: [String])] = [
        (
            // `move` is here because libmount does not know it.
            "would mount something other than the volume",
            [
                "degraded", "device", "journal_dev", "journal_path", "logdev", "move", "rtdev",
                "sb", "source", "subvol", "subvolid",
            ]
        ),
        (
            "gives up write ordering, so a power cut or a crash damages the file system",
            ["journal_async_commit", "nobarrier"]
        ),
        (
            "mounts a file system without its recovery after a crash",
            [
                "ignorebadroots", "ignoredatacsums", "nologreplay", "noload", "norecovery",
                "recovery", "rescue", "usebackuproot",
            ]
        ),
        (
            "lets the kernel trust metadata that may be damaged",
            ["noblock_validity"]
        ),
        (
            // They take memory without bound, fill the kernel's log, or break the file system.
            "is for debugging a file system",
            [
                "abort", "check_int", "check_int_data", "check_int_print_mask", "debug",
                "enospc_debug", "fc_debug_force", "fc_debug_max_replay", "fragment", "ref_verify",
                "test_dummy_encryption",
            ]
        ),
    ]

    private static let limited: [String: Rule] = [
        // ext4: `panic` stops the node, `continue` writes on to a damaged file system.
        "errors": Rule(
            reason: "lets a damaged volume harm the node or itself",
            accepted: ["remount-ro"]
        ),
        // btrfs: `panic` stops the node.
        "fatal_errors": Rule(reason: "lets a damaged volume stop the node", accepted: ["bug"]),
        // ext4: `writeback` shows what lay in blocks before, after a crash.
        "data": Rule(
            reason: "can expose old blocks of the disk after a crash",
            accepted: ["ordered", "journal"]
        ),
        // ext4 and btrfs: zero means without, however it is spelled.
        "barrier": Rule(
            reason:
                "gives up write ordering, so a power cut or a crash damages the file system",
            accepted: ["", "1"]
        ),
    ]
}
