import ArgumentParser
import Backend
import CSIMessages
import DriverCore

/// The options for a new volume, empty or a copy.
struct NewVolumeOptions: ParsableArguments {
    @Option(help: "The tier. Default: the tier of the source, else the driver's default tier.")
    var tier: String?

    @Option(
        help: ArgumentHelp(
            "One more StorageClass parameter. May be repeated.",
            valueName: "key=value"
        )
    )
    var parameter: [String] = []

    /// Throws `ValidationError` for a parameter that is not `key=value`, or is given twice.
    func parameters() throws -> [String: String] {
        try KeyValues.validated(parameter, of: "--parameter")
    }

    func validate() throws { _ = try parameters() }
}

/// Makes volumes, empty ones and copies.
struct VolumeMaking {
    let session: Session
    let node: LocalNode

    /// The properties of the new volume; nil leaves the choice to the driver.
    struct Wish {
        let name: String
        var size: ByteCount?
        var tier: String?
        var parameters: [String: String] = [:]
        var access: VolumeCapability
        var source: VolumeContentSource?
    }

    func make(_ wish: Wish) async throws -> VolumeView {
        var parameters = wish.parameters
        if let tier = wish.tier { parameters["tier"] = tier }
        let answer = try await session.perform(
            CreateVolumeRequest(
                name: wish.name,
                capacityRange: wish.size.map { CapacityRange(requiredBytes: $0.bytes) },
                volumeCapabilities: [wish.access],
                parameters: parameters,
                volumeContentSource: wish.source
            ),
            to: "create volume '\(wish.name)'"
        )
        guard let volume = answer.volume else {
            throw CommandFailure(
                .failed,
                "the driver's response for volume '\(wish.name)' has no volume: see its log"
            )
        }
        return VolumeView(volume, on: node)
    }
}

extension VolumeCapability {
    /// For one node, as everything of Cairn is.
    init(
        isBlock: Bool,
        filesystem: String = "",
        mountFlags: [String] = [],
        mode: AccessMode.Mode = .singleNodeWriter
    ) {
        self.init(
            accessType: isBlock
                ? .block(.init()) : .mount(.init(fsType: filesystem, mountFlags: mountFlags)),
            accessMode: .init(mode: mode)
        )
    }
}
