package import DriverCore
import Host

/// The pools of this node whose tiers are in no tiers file any more, by what the state folder keeps.
///
/// Their volumes exist, and no tier answers for them.
package struct AbandonedPools: Sendable {
    private let stateFolder: String
    private let configured: Set<String>

    /// `configured` are the names of the tiers in the file.
    package init(stateFolder: String, configured: some Sequence<String>) {
        self.stateFolder = stateFolder
        self.configured = Set(configured)
    }

    /// Throws `unavailable` where there is one, and says what to do about it.
    package func requireNone() throws(DriverError) {
        guard let folder = try Folder.existing(at: stateFolder) else { return }
        for name in try folder.names().sorted() {
            guard let file = PoolStateFile(folder: stateFolder, name: name),
                !configured.contains(file.tier),
                let state = try file.read(), state.makingOn == nil
            else { continue }
            throw DriverError(
                .unavailable,
                "the tier \(file.tier), whose pool was in \(state.directory), is in no tiers file; put "
                    + "it back, or, if nothing in the pool is needed any more, remove \(file.path)"
            )
        }
    }
}
