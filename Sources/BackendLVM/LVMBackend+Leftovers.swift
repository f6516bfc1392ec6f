import Backend
import DeviceMapper
import DriverCore
import Logging

/// After a crash.
extension LVMBackend {
    /// Removes what was never made to its end, unless a call of this process is making it; resumes
    /// what a command was killed over.
    func removeLeftovers() throws(DriverError) {
        let metadata = try group.metadata()
        for own in allOwn(in: metadata) {
            let name = own.volume.name
            claims.ifFree(owner(of: name)) {
                if own.isReady {
                    resume(own, metadata)
                } else if own.isHalfMade {
                    removeLeftover(name)
                }
            }
        }
    }

    /// What a temporary volume is made for; the name itself for all others.
    func owner(of name: String) -> String {
        name.hasPrefix(Temporary.prefix)
            ? VolumeID.prefix + name.dropFirst(Temporary.prefix.count) : name
    }

    func removeLeftover(_ name: String) {
        do {
            try group.change("lvremove") { change throws(DriverError) in
                guard let own = try own(name, in: change.metadata), own.isHalfMade else { return }
                try refuseOpen(own.volume, change.metadata)
                try change.remove(name, inState: .creating)
            }
            logger.info("removed what a crash left half-made", metadata: ["volume": "\(name)"])
        } catch {
            logger.warning(
                "cannot remove what a crash left half-made: the next start tries again",
                metadata: ["volume": "\(name)", "reason": "\(error.message)"]
            )
        }
    }

    private func resume(_ own: OwnVolume, _ metadata: VolumeGroupMetadata) {
        do {
            guard try device(of: own.volume, metadata)?.isSuspended == true else { return }
            try group.change("lvchange") { change throws(DriverError) in
                try change.runBeside("lvchange", ["--refresh", change.path(own.volume.name)])
            }
            logger.info("resumed a suspended volume", metadata: ["volume": "\(own.volume.name)"])
        } catch {
            logger.error(
                "cannot resume a volume: what is mounted of it hangs; run dmsetup resume on it",
                metadata: ["volume": "\(own.volume.name)", "reason": "\(error.message)"]
            )
        }
    }
}
