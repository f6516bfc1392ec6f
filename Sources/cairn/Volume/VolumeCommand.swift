import ArgumentParser

/// The command `cairn volume ...`.
struct VolumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume",
        abstract: "Create, list, show, grow, clone and delete volumes.",
        discussion: """
            Name a volume by its name or its id. Names and tiers are shown only where the tiers file \
            and its pools can be read, such as on the driver's own node.

            Example:
              cairn volume create data --size 10Gi
              cairn volume list
              cairn volume expand data --size 20Gi
              cairn volume clone data copy
              cairn volume delete copy data
            """,
        subcommands: [
            VolumeCreate.self, VolumeList.self, VolumeShow.self, VolumeExpand.self,
            VolumeClone.self, VolumeDelete.self, VolumeOrphans.self, VolumeDeleteOrphans.self,
        ]
    )
}
