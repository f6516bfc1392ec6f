import DriverCore
import Host
import Synchronization

/// Which volumes the host's lvm.conf lets LVM activate.
///
/// LVM makes a volume that it may not activate, and says that all went well.
struct ActivationFilter: Sendable, Hashable {
    /// What `lvm.conf` said when it was read.
    struct Reading {
        let filter: ActivationFilter
        let since: ContinuousClock.Instant
    }

    /// `activation/volume_list`; nil where everything may be activated.
    let volumes: [String]?
    /// `activation/auto_activation_volume_list`, which counts at a boot alone.
    let automatic: [String]?

    static let keys = ["activation/volume_list", "activation/auto_activation_volume_list"]

    /// Reads the answer of `lvmconfig`, which leaves out what is not set.
    init(parsing text: String) throws(DriverError) {
        let root = try ConfigText(parsing: Array(text.utf8)).root
        volumes = try Self.list("volume_list", in: root, text)
        automatic = try Self.list("auto_activation_volume_list", in: root, text)
    }

    private static func list(_ key: String, in root: ConfigSection, _ text: String)
        throws(DriverError) -> [String]?
    {
        // An empty list is one too: it lets nothing through.
        guard text.byteSplit(separator: "\n").contains(where: { $0.hasBytePrefix("\(key)=") })
        else {
            return nil
        }
        return try root.strings(key).filter { !$0.isEmpty }
    }

    /// Whether a list lets LVM activate a volume with these tags.
    ///
    /// `@*` stands for the tags of the host, which are LVM's to compare.
    static func admits(
        _ list: [String]?,
        _ volume: String,
        tags: [String],
        in metadata: VolumeGroupMetadata
    ) -> Bool {
        guard let list else { return true }
        let names = [metadata.name, "\(metadata.name)/\(volume)", "@*"]
        return list.contains { item in
            names.contains(item) || (metadata.tags + tags).contains { item == "@\($0)" }
        }
    }
}

extension VolumeGroup {
    private static let activationPatience = Duration.seconds(5)

    /// What lvm.conf lets LVM activate; read again if `isFresh`.
    func activationFilter(isFresh: Bool = false) throws(DriverError) -> ActivationFilter {
        if !isFresh, let known = activation.withLock(\.?.filter) { return known }
        let output = try LVMCommand("lvmconfig", ["--type", "full"] + ActivationFilter.keys)
            .successfulOutput(deadline: Self.commandLimit)
        let filter = try ActivationFilter(parsing: output.standardOutput)
        activation.withLock { $0 = ActivationFilter.Reading(filter: filter, since: .now) }
        return filter
    }

    /// Throws `unavailable` where lvm.conf keeps LVM from activating a new volume.
    ///
    /// Reads lvm.conf once, and again now and then where it says no.
    func refuseFiltered(_ name: String, tags: [String], _ metadata: VolumeGroupMetadata)
        throws(DriverError)
    {
        var filter = try activationFilter()
        guard !ActivationFilter.admits(filter.volumes, name, tags: tags, in: metadata) else {
            return
        }
        let since = activation.withLock { $0?.since } ?? .now
        if ContinuousClock.now - since >= Self.activationPatience {
            filter = try activationFilter(isFresh: true)
        }
        guard !ActivationFilter.admits(filter.volumes, name, tags: tags, in: metadata) else {
            return
        }
        throw DriverError(
            .unavailable,
            "'volume_list' in lvm.conf does not let LVM activate volumes of volume group "
                + "\(metadata.name): add \"\(metadata.name)\" to it"
        )
    }
}
