/// The file systems that Cairn makes, by the names that mount(2) and mkfs use.
package enum FilesystemType: String, Sendable, Hashable, CaseIterable {
    case ext4, xfs, btrfs

    /// The names, for an error message: `ext4, xfs, btrfs`.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
