import DriverCore
import Host
import Logging

/// Creates the pool of a tier for `cairn pool create`.
enum NewLoopPool {
    /// Makes the tier's directory a pool, and creates the directory where there is none; returns
    /// the UUID.
    ///
    /// Throws where the tier has a pool, or has had one that may only be away.
    static func make(tier: String, directory: String, rules: PoolRules)
        throws(DriverError) -> String
    {
        guard let path = PoolPath(directory) else {
            throw DriverError(
                .invalidRequest,
                "'\(directory)' cannot be a pool; use an absolute path other than /"
            )
        }
        var wish = rules
        wish.createsPool = true
        let logger = Logger(label: "cairn") { _ in SwiftLogNoOpLogHandler() }
        let pool = Pool(tier: tier, path: path, rules: wish, logger: logger)
        return try pool.make()
    }
}

extension Pool {
    /// Makes the pool and opens it; throws where there is one.
    fileprivate func make() throws(DriverError) -> String {
        let noted = try path.readNote()
        let proofs = PoolProofs(tier: tier, path: path, rules: rules, noted: noted)
        if let root = try Folder.existing(at: path.directory) {
            // What was cut short is finished.
            if let found = try marker(in: root), found.uuid != proofs.unfinished?.uuid {
                throw DriverError(
                    .conflict,
                    "\(path.directory) is already pool \(found.uuid) of tier '\(found.tier)'"
                )
            }
        } else if !rules.requiresMountPoint {
            // Only where nothing says that a disk is away.
            guard proofs.expected == nil, proofs.unfinished == nil else {
                throw unavailable("the directory does not exist: \(proofs.advice)")
            }
            _ = try Folder.made(at: path.directory)
        }
        let root = try open()
        guard let marker = try marker(in: root) else {
            throw unavailable("the pool was removed right after it was made: check its disk")
        }
        return marker.uuid
    }
}
