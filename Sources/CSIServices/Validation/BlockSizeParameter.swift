internal import DriverCore
internal import NodeStorage

/// The StorageClass parameter for the logical block size of the volumes' devices.
enum BlockSizeParameter {
    private static let key = VolumeParameters.blockSizeKey

    /// nil where the class leaves it to the driver.
    static func size(in parameters: [String: String]) throws(DriverError) -> BlockSize? {
        guard let text = parameters[key] else { return nil }
        guard let size = BlockSize.allCases.first(where: { String($0.rawValue) == text }) else {
            throw DriverError(
                .invalidRequest,
                "parameter '\(key)' is '\(text.prefix(32))'; accepted: "
                    + BlockSize.allCases.map { String($0.rawValue) }.joined(separator: ", ")
            )
        }
        return size
    }
}
