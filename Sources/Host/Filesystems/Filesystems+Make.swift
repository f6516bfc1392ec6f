package import DriverCore

extension Filesystems {
    /// Makes a file system on a device that is provably blank.
    ///
    /// It looks at the device once more and refuses anything but a blank one, whatever the caller
    /// knows; and mkfs itself is not told to force. Only where an earlier mkfs of Cairn was begun
    /// and not known to have ended does `replacingHalfMade` let it write over what is there.
    ///
    /// Features are pinned to what Linux 5.15 mounts, so that a newer mkfs makes nothing that an
    /// older node refuses. On thick storage nothing is discarded, so that it stays allocated.
    /// `options` come from ``parse(mkfsOptions:for:)``.
    package static func make(
        _ type: FilesystemType,
        on device: borrowing HeldDevice,
        options: [String],
        isThick: Bool,
        replacingHalfMade: Bool = false
    ) throws(DriverError) {
        let extra = try MkfsOptionParser(words: options, type: type).options()
        let lock = try DeviceLock(of: device)
        if !replacingHalfMade { try refuseData(on: device, type) }
        let plan = MkfsPlan(type: type, isThick: isThick, isForced: replacingHalfMade)
        let command = try plan.command(device: device.path, extra: extra)
        let output = try command.run(deadline: deadline, holding: lock)
        guard output.exitCode == 0 else {
            throw DriverError(
                .hostFailure,
                device.naming(
                    "'\(command.description)' failed with exit code \(output.exitCode): "
                        + output.helpfulComplaint
                )
            )
        }
    }

    /// A terabyte takes seconds; after this time the device hangs.
    private static let deadline = Duration.seconds(120)

    private static func refuseData(on device: borrowing HeldDevice, _ type: FilesystemType)
        throws(DriverError)
    {
        let found = Probe.look(at: device)
        if found == .blank { return }
        throw DriverError(
            .hostFailure,
            "\(device.path) has \(found.inWords), so the driver does not format it with "
                + "\(type.rawValue); nothing was changed"
        )
    }
}

/// The mkfs program and options for one file system, before the user's options.
struct MkfsPlan {
    let type: FilesystemType
    let isThick: Bool
    let isForced: Bool

    /// mkfs.btrfs gets the device's real name, the others its descriptor.
    func command(device: String, extra: [MkfsOption]) throws(DriverError) -> HostCommand {
        let options = MkfsOption.merge(
            base(without: extra),
            with: extra,
            lists: MkfsGrammar.of(type).lists
        )
        return try HostCommand(
            .mkfs(type),
            arguments: fixed + options.flatMap(\.arguments)
                + [type == .btrfs ? device : HeldDevice.pathInChild]
        )
    }

    /// Options without a value, which users cannot set.
    private var fixed: [String] {
        switch type {
        case .ext4: isForced ? ["-q", "-F"] : ["-q"]
        case .xfs: ["-q"] + (isThick ? ["-K"] : []) + (isForced ? ["-f"] : [])
        case .btrfs: ["--quiet"] + (isThick ? ["--nodiscard"] : []) + (isForced ? ["--force"] : [])
        }
    }

    private func base(without extra: [MkfsOption]) -> [MkfsOption] {
        switch type {
        case .ext4: ext4(without: extra)
        case .xfs: Self.xfs
        case .btrfs: Self.btrfs
        }
    }

    /// `none` clears the defaults of the installed mke2fs, so that the list is the whole truth.
    ///
    /// Left out of mke2fs 1.47's own defaults: metadata_csum_seed and orphan_file. No blocks are
    /// kept back for root, and a damaged file system turns read-only instead of going on.
    ///
    /// Inode tables are not written while it is made. On thick storage the kernel zeroes them in
    /// the background after the first mount. On thin storage that would allocate 1.6 % of every
    /// volume, so there mke2fs is told that the device reads as zeros, which a blank volume does;
    /// not so after a half-made attempt.
    private func ext4(without extra: [MkfsOption]) -> [MkfsOption] {
        let isZeroed = !isThick && !isForced
        let lazy = isZeroed ? "assume_storage_prezeroed=1" : "lazy_itable_init=1"
        var options = [
            MkfsOption(flag: "-b", value: "4096"), MkfsOption(flag: "-I", value: "256"),
            MkfsOption(flag: "-m", value: "0"), MkfsOption(flag: "-e", value: "remount-ro"),
            MkfsOption(flag: "-O", value: Self.ext4Features),
            MkfsOption(flag: "-E", value: "\(lazy),\(isThick ? "nodiscard" : "discard")"),
        ]
        // mke2fs refuses some of them side by side.
        if !extra.contains(where: { ["-i", "-N", "-T"].contains($0.flag) }) {
            options.append(MkfsOption(flag: "-i", value: "16384"))
        }
        return options
    }

    private static let ext4Features = [
        "none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent",
        "64bit", "flex_bg", "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize",
        "metadata_csum",
    ].joined(separator: ",")

    /// Source: xfsprogs' mkfs/lts_5.15.conf, spelled out so that no file needs to be there.
    private static let xfs = [
        MkfsOption(
            flag: "-m",
            value: "crc=1,finobt=1,reflink=1,rmapbt=0,inobtcount=1,bigtime=1"
        ),
        MkfsOption(flag: "-i", value: "sparse=1,nrext64=0"),
    ]

    /// The defaults of btrfs-progs 5.15 and later, without what came after it.
    private static let btrfs = [
        MkfsOption(flag: "--features", value: "extref,skinny-metadata,no-holes")
    ]
}
