import Backend
import DriverCore
import Host

/// A scan of a pool's directory that changes nothing and needs no running driver.
///
/// It is no snapshot: a driver may change the pool meanwhile.
struct PoolSurvey: Sendable {
    let directory: String
    private(set) var isPool = false
    private(set) var usage: StorageUsage?
    /// nil where the directory or the mount table cannot be read.
    private(set) var mount: FolderMount?
    /// nil where the trial failed.
    private(set) var canClone: Bool?
    /// The space of all files; shared blocks count more than once.
    private(set) var allocated = ByteCount.zero
    /// The UUID of the pool that is there.
    private(set) var uuid: String?
    private(set) var volumes: [VolumeRecord] = []
    private(set) var snapshots: [SnapshotRecord] = []
    /// What is wrong.
    private(set) var findings: [Finding] = []
    /// How many volumes have a loop device.
    private(set) var attached = 0
    /// The volumes whose devices have no direct I/O.
    private(set) var buffered: [VolumeRecord] = []
    /// The volumes whose files have very many extents.
    var fragmented: [Fragmented] = []
    var haveAllExtentsBeenCounted = true
    /// The process of the driver that has the pool; nil where none is visible.
    private var driver: Int32?

    private let tier: String
    private let rules: PoolRules

    /// Scans the directory of a tier.
    init(of directory: String, tier: String, rules: PoolRules) {
        self.directory = directory
        self.tier = tier
        self.rules = rules
        guard let path = PoolPath(directory) else {
            find(directory, "cannot be a pool", "use an absolute path other than /")
            return
        }
        attempt { (survey) throws(DriverError) in
            let proofs = survey.proofs(path)
            guard let root = try survey.root(path, proofs) else { return }
            survey.usage = try root.usage()
            survey.mount = try FolderMount(of: root)
            if let finding = survey.usage?.readOnlyFinding(of: survey.directory) {
                survey.findings.append(finding)
            } else {
                survey.tryCloning(in: root)
            }
            guard try survey.examineMarker(in: root, path, proofs) else { return }
            survey.isPool = true
            survey.driver = survey.holder(of: path)
            survey.volumes = try survey.records(VolumeRecord.self, in: root)
            survey.snapshots = try survey.records(SnapshotRecord.self, in: root)
            try survey.lookAtDevices(in: root)
            try survey.countExtents(in: root)
        }
    }

    /// Keeps the findings that another scan also has: one that only one scan has is a change in
    /// progress.
    mutating func keepFindings(alsoIn other: PoolSurvey) {
        let known = Set(other.findings)
        findings.removeAll { !known.contains($0) }
    }

    /// The record of a volume; nil where it or the pool cannot be read.
    static func volume(_ id: VolumeID, in directory: String) -> VolumeRecord? {
        record(id, in: directory)
    }

    /// Every record that can be read, with inline volumes; empty where the pool cannot be read.
    static func volumes(in directory: String) -> [VolumeRecord] {
        guard let root = try? Folder.existing(at: directory),
            let shelf = try? Shelf<VolumeRecord>(in: root),
            let names = try? shelf.folder.names()
        else { return [] }
        return names.compactMap { VolumeID(parsing: $0) }.compactMap { id in
            guard case .usable(let stored) = (try? shelf.entry(id)) ?? nil else { return nil }
            return stored.record
        }
    }

    /// The record of a snapshot, if it can be read.
    static func snapshot(_ id: SnapshotID, in directory: String) -> SnapshotRecord? {
        record(id, in: directory)
    }

    private static func record<Record: StoredRecord>(_ id: Record.ID, in directory: String)
        -> Record?
    {
        do throws(DriverError) {
            guard let root = try Folder.existing(at: directory),
                case .usable(let stored) = try Shelf<Record>(in: root).entry(id)
            else { return nil }
            return stored.record
        } catch {
            return nil
        }
    }

    private mutating func find(_ path: String, _ problem: String, _ advice: String) {
        findings.append(.problem(path, problem, advice))
    }

    private mutating func attempt(_ step: (inout PoolSurvey) throws(DriverError) -> Void) {
        do throws(DriverError) {
            try step(&self)
        } catch {
            find(directory, error.message, "see the kernel log, and check that its disk is mounted")
        }
    }
}

/// The directory, its marker, and the proofs of a pool.
extension PoolSurvey {
    private mutating func proofs(_ path: PoolPath) -> PoolProofs {
        var noted: String?
        attempt { (_) throws(DriverError) in noted = try path.readNote() }
        let proofs = PoolProofs(tier: tier, path: path, rules: rules, noted: noted)
        attempt { (_) throws(DriverError) in _ = try proofs.kept.get() }
        return proofs
    }

    private mutating func root(_ path: PoolPath, _ proofs: PoolProofs) throws(DriverError)
        -> Folder?
    {
        if let root = try Folder.existing(at: path.directory) { return root }
        find(path.directory, "the directory does not exist", proofs.adviceForDirectory)
        return nil
    }

    private mutating func tryCloning(in root: borrowing Folder) {
        do throws(DriverError) {
            canClone = try root.canClone()
        } catch {
            find(
                directory,
                "cannot find out whether the file system has reflink: \(error.message)",
                "free some space in the pool: copies are refused until the driver can test it"
            )
        }
    }

    private mutating func examineMarker(
        in root: borrowing Folder,
        _ path: PoolPath,
        _ proofs: PoolProofs
    ) throws(DriverError) -> Bool {
        var isUnmounted = false
        if rules.requiresMountPoint, let mount, !mount.isRoot {
            isUnmounted = true
            find(
                path.directory,
                "no disk is mounted there: it is a directory in the file system on \(mount.target)",
                proofs.advice
            )
        }
        let name = "\(path.directory)/\(PoolNames.marker)"
        guard let file = try root.file(PoolNames.marker, for: .reading) else {
            // It is on the disk that is not mounted.
            if !isUnmounted { findMissingMarker(name, proofs) }
            return false
        }
        let marker = try PoolMarker(decoding: file.contents(limit: PoolMarker.limit), path: name)
        uuid = marker.uuid
        if marker.tier != tier {
            find(
                name,
                "the pool belongs to the tier '\(marker.tier)'",
                "give the tier that name again, or choose another directory"
            )
        }
        if let objection = proofs.objection(to: marker.uuid) {
            find(name, objection.problem, objection.advice)
        }
        return true
    }

    private mutating func findMissingMarker(_ name: String, _ proofs: PoolProofs) {
        guard proofs.expected == nil, rules.createsPool else {
            return find(name, "the marker is missing", proofs.advice)
        }
        find(name, "there is no pool yet", "start the driver: 'create: true' lets it make one")
    }
}

/// The process that uses the pool.
extension PoolSurvey {
    private func holder(of path: PoolPath) -> Int32? {
        (try? FileIdentity(of: path.notePath)).flatMap(FileLocks.holder)
    }

    private mutating func lookAtDevices(in root: borrowing Folder) throws(DriverError) {
        let devices = try PoolDevices(in: root, LoopDevices())
        attached = devices.volumes.count
        buffered = volumes.filter { devices.buffered[$0.id] != nil }
        for stray in devices.strays { find(stray.device.path, stray.problem, stray.advice) }
    }

    /// What to do about something that the driver finishes by itself.
    private func advice(_ deed: String) -> String {
        if let driver {
            return
                "kill -HUP \(driver): the driver then scans again and \(deed); if the problem stays, "
                + "see the driver's log"
        }
        return "start the driver, which \(deed); if it runs, send it SIGHUP"
    }
}

/// The objects in the pool.
extension PoolSurvey {
    private mutating func records<Record: StoredRecord>(
        _ kind: Record.Type,
        in root: borrowing Folder
    ) throws(DriverError) -> [Record] {
        let shelf = try Shelf<Record>(in: root)
        var records: [Record] = []
        for name in try shelf.folder.names().sorted() {
            guard let id = Record.ID(parsing: name) else {
                try findOdd(name, Record.self, shelf)
                continue
            }
            switch try shelf.entry(id) {
            case nil: continue
            case .unusable(let reason):
                find(
                    "\(shelf.folder.path)/\(name)",
                    "the \(Record.noun) cannot be used: \(reason)",
                    "restore its \(Record.file) from a backup, then restart the driver"
                )
            case .usable(let stored):
                records.append(stored.record)
                try look(at: stored.record, on: shelf)
            }
        }
        return records
    }

    /// Reports directories and files that belong to no volume or snapshot.
    ///
    /// What a living driver works on is nothing odd.
    private mutating func findOdd<Record: StoredRecord>(
        _ name: String,
        _ kind: Record.Type,
        _ shelf: borrowing Shelf<Record>
    ) throws(DriverError) {
        let path = "\(shelf.folder.path)/\(name)"
        if PoolNames.leftover(name).flatMap(Record.ID.init(parsing:)) != nil {
            guard let leftover = try shelf.folder.folder(name), try !leftover.isBusy() else {
                return
            }
            let state = name.hasBytePrefix(PoolNames.creating("")) ? "unfinished" : "partly deleted"
            find(path, "a \(Record.noun) was left \(state)", advice("removes it"))
        } else {
            find(path, "Cairn did not make this", "move it away if you do not need it here")
        }
    }

    private mutating func look<Record: StoredRecord>(
        at record: Record,
        on shelf: borrowing Shelf<Record>
    ) throws(DriverError) {
        let path = "\(shelf.folder.path)/\(record.id)"
        let facts = try shelf.dataFacts(record.id)
        allocated = allocated + (facts?.allocated ?? .zero)
        if let damage = record.damage(of: facts) {
            find(
                "\(path)/\(PoolNames.data)",
                "the data of \(Record.noun) '\(record.name)' \(damage)",
                "restore the file from a backup"
            )
        }
        guard let own = try shelf.own(record.id) else { return }
        for name in try own.names().sorted() where !Record.knownFiles.contains(name) {
            find("\(path)/\(name)", "Cairn did not make this", "move it away: it prevents a delete")
        }
        if try own.has(PoolNames.frozen), try !own.isBusy() {
            find(
                path,
                "\(Record.noun) '\(record.name)' was left frozen by a snapshot or clone",
                advice("thaws it")
            )
        }
    }
}
