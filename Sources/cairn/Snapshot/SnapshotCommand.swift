import ArgumentParser

/// The command `cairn snapshot ...`.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Create, list, restore and delete snapshots.",
        discussion: """
            Name a snapshot by its name or its id.

            Example:
              cairn snapshot create data before-upgrade
              cairn snapshot list --volume data
              cairn snapshot restore before-upgrade data-before
              cairn snapshot delete before-upgrade
            """,
        subcommands: [
            SnapshotCreate.self, SnapshotList.self, SnapshotRestore.self, SnapshotDelete.self,
        ]
    )
}
