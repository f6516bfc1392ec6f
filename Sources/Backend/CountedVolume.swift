package import DriverCore

/// The facts of a volume that count for the limits of the node and of its tiers.
package struct CountedVolume: Sendable, Hashable {
    package let id: VolumeID
    package let isEphemeral: Bool

    package init(id: VolumeID, isEphemeral: Bool) {
        self.id = id
        self.isEphemeral = isEphemeral
    }

    package init(_ record: VolumeRecord) {
        self.init(id: record.id, isEphemeral: record.isEphemeral)
    }
}
