import DriverCore

/// The options of one mkfs program that a StorageClass may set.
///
/// Everything else is refused: what names a file or a device, sets a UUID, forces, or changes where
/// and how large the file system is. What people ask for and must not have is refused with its
/// reason, see `refused`.
struct MkfsGrammar {
    enum Value {
        /// The option takes no value.
        case none
        /// Letters, digits and `. _ - %`.
        case word
        /// One of these.
        case choice(Set<String>)
        /// A comma-separated list of `name`, `^name` or `name=word`, of these names.
        case list(Set<String>)
    }

    let options: [String: Value]
    /// Other spellings, with the one in `options`.
    let aliases: [String: String]
    /// The reason why an option, or an item of a list, is refused although the grammar would allow
    /// it.
    let refused: [String: String]

    /// A label is the same for each volume of a class, so it tells nothing; but a host that mounts by
    /// label (`root=LABEL=`, fstab) takes whichever device with that label it sees last, and a volume
    /// on LVM is seen at boot.
    private static let noLabels =
        "would give every volume of the class the same label, which may be one that the host mounts"

    var lists: Set<String> {
        Set(
            options.compactMap { flag, value in
                if case .list = value { flag } else { nil }
            }
        )
    }

    static func of(_ type: FilesystemType) -> MkfsGrammar {
        switch type {
        case .ext4: ext4
        case .xfs: xfs
        case .btrfs: btrfs
        }
    }

    /// Source: mke2fs(8).
    private static let ext4 = MkfsGrammar(
        options: [
            "-b": .word, "-C": .word, "-g": .word, "-G": .word, "-i": .word, "-I": .word,
            "-m": .word, "-N": .word, "-T": .word,
            // `panic` stops the node, and `continue` writes on to a damaged file system.
            "-e": .choice(["remount-ro"]),
            "-J": .list(["size", "fast_commit_size"]),
            "-E": .list([
                "stride", "stripe_width", "stripe-width", "lazy_itable_init", "lazy_journal_init",
                "num_backup_sb", "packed_meta_blocks", "quotatype", "resize", "root_owner",
                "hash_seed", "mmp_update_interval",
            ]),
            "-O": .list([
                "64bit", "bigalloc", "casefold", "dir_index", "dir_nlink", "ea_inode", "encrypt",
                "extent", "extra_isize", "ext_attr", "fast_commit", "filetype", "flex_bg",
                "has_journal", "huge_file", "inline_data", "large_dir", "large_file", "meta_bg",
                "metadata_csum", "metadata_csum_seed", "mmp", "orphan_file", "project", "quota",
                "resize_inode", "sparse_super", "sparse_super2", "stable_inodes", "uninit_bg",
                "verity",
            ]),
        ],
        aliases: [:],
        refused: [
            "-L": noLabels,
            "^has_journal": "leaves the file system without a journal, so a power cut damages it",
        ]
    )

    /// Source: mkfs.xfs(8).
    private static let xfs = MkfsGrammar(
        options: [
            "-b": .list(["size"]),
            "-d": .list(["agcount", "agsize", "sunit", "swidth", "su", "sw", "noalign"]),
            "-i": .list([
                "size", "perblock", "maxpct", "attr", "projid32bit", "sparse", "nrext64",
            ]),
            "-l": .list(["internal", "size", "version", "sunit", "su", "lazy-count"]),
            "-m": .list(["crc", "finobt", "rmapbt", "reflink", "inobtcount", "bigtime"]),
            "-n": .list(["size", "version", "ftype"]),
            "-s": .list(["size"]),
        ],
        aliases: [:],
        refused: ["-L": noLabels]
    )

    /// Source: mkfs.btrfs(8).
    private static let btrfs = MkfsGrammar(
        options: [
            "--data": .word, "--metadata": .word, "--mixed": .none, "--nodesize": .word,
            "--sectorsize": .word, "--checksum": .word,
            "--features": .list([
                "extref", "skinny-metadata", "no-holes", "mixed-bg", "free-space-tree",
                "block-group-tree",
            ]),
        ],
        aliases: [
            "-d": "--data", "-m": "--metadata", "-M": "--mixed", "-n": "--nodesize",
            "-s": "--sectorsize", "-L": "--label", "-O": "--features", "--csum": "--checksum",
        ],
        refused: ["--label": noLabels]
    )
}
