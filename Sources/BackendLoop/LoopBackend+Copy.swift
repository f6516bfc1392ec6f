import Backend
import DriverCore
import Host

/// The source of a new object.
struct CopySource: ~Copyable {
    /// nil for a snapshot, which is never written.
    let volume: VolumeID?
    let data: OpenFile
    let facts: FileFacts
    /// From the record; the file may be larger after a growth that was cut short.
    let size: ByteCount

    /// An upper bound for the data in the first `size` bytes.
    func content(upTo size: ByteCount) -> ByteCount { min(facts.allocated, size) }
}

/// The object that is made from a source.
struct CopyTarget {
    let size: ByteCount
    /// A snapshot is never written: it takes what it holds, on thin and thick tiers alike.
    let isSnapshot: Bool
    let progress: Progress
}

/// Copies of volumes and snapshots.
extension LoopBackend {
    /// Fills an empty file with the contents of the source, followed by zeros.
    func copy(
        _ source: borrowing CopySource,
        to data: borrowing OpenFile,
        _ target: CopyTarget,
        _ root: borrowing Folder
    ) throws(DriverError) -> Filled {
        guard target.size >= source.size else {
            throw DriverError(
                .unsupportedSize,
                "\(target.size) is too small for a copy of \(source.data.path), which has "
                    + "\(source.size)"
            )
        }
        if try sharesBlocks(root) { return try share(source, with: data, target, root) }
        if isThick, !target.isSnapshot { return try copyThick(source, to: data, target, root) }
        return try copySparsely(source, to: data, target, root)
    }

    /// Shares all blocks in one step, which takes no space yet.
    private func share(
        _ source: borrowing CopySource,
        with data: borrowing OpenFile,
        _ target: CopyTarget,
        _ root: borrowing Folder
    ) throws(DriverError) -> Filled {
        let most = target.isSnapshot ? source.content(upTo: target.size) : target.size
        let asked = isThick ? Charge(owed: most) : Charge(promised: most)
        let reservation = try reserve(asked, root)
        try keepingStill(source, root) { () throws(DriverError) in
            try data.clone(from: source.data)
            try Failpoint.pass(.copyShared)
        }
        try data.resize(to: target.size)
        let shared = min(target.size, try data.facts().allocated)
        if isThick, !target.isSnapshot {
            // A clone leaves out what the source has allocated and never written.
            try data.allocate(from: .zero, to: target.size)
            try refuseHoles(in: data, size: target.size)
        }
        target.progress.update(done: target.size, total: target.size)
        let thin = Charge(
            promised: target.isSnapshot ? shared : target.size,
            owed: shared,
            allocated: shared
        )
        return Filled(
            reservation: reservation,
            shared: shared,
            charge: isThick ? Charge(owed: shared) : thin
        )
    }

    /// Copies after all blocks are allocated, so that the copy cannot run out of space half-way.
    private func copyThick(
        _ source: borrowing CopySource,
        to data: borrowing OpenFile,
        _ target: CopyTarget,
        _ root: borrowing Folder
    ) throws(DriverError) -> Filled {
        let reservation = try allocate(data, size: target.size, root)
        try copyData(of: source, to: data, target, root) { _ in }
        return Filled(reservation: reservation, charge: Charge())
    }

    private func copySparsely(
        _ source: borrowing CopySource,
        to data: borrowing OpenFile,
        _ target: CopyTarget,
        _ root: borrowing Folder
    ) throws(DriverError) -> Filled {
        let content = source.content(upTo: target.size)
        let promised = target.isSnapshot ? content : target.size
        let reservation = try reserve(
            Charge(promised: isThick ? .zero : promised, owed: content),
            root
        )
        try copyData(of: source, to: data, target, root) { done in
            reservation.lowerDebt(to: content - done)
        }
        try data.resize(to: target.size)
        guard !isThick else { return Filled(reservation: reservation, charge: Charge()) }
        let allocated = try data.facts().allocated
        let promise = target.isSnapshot ? allocated : target.size
        return Filled(
            reservation: reservation,
            charge: Charge(promised: promise, allocated: allocated)
        )
    }

    private func copyData(
        of source: borrowing CopySource,
        to data: borrowing OpenFile,
        _ target: CopyTarget,
        _ root: borrowing Folder,
        report: (ByteCount) -> Void
    ) throws(DriverError) {
        let content = source.content(upTo: target.size)
        let size = min(source.facts.size, target.size)
        try keepingStill(source, root) { () throws(DriverError) in
            try data.copyData(from: source.data, size: size) { (done) throws(DriverError) in
                try target.progress.checkStop()
                target.progress.update(done: done, total: max(content, done))
                report(done)
            }
            try Failpoint.pass(.copyWhole)
        }
        target.progress.update(done: content, total: content)
    }
}
