import DriverCore
import FoundationEssentials
import Host

/// Where a list of Kubernetes' objects comes from.
enum ObjectList {
    /// More than the objects of the largest clusters.
    private static let limit = ByteCount.gibibytes(1)

    /// All of standard input, which may be a pipe.
    static func fromStandardInput() throws(DriverError) -> [UInt8] {
        try StandardInput.read(atMost: limit)
    }

    /// How long ago a file was written.
    static func age(ofFile path: String) throws(DriverError) -> Duration {
        let written: Date?
        do {
            written =
                try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        } catch {
            throw DriverError(.invalidRequest, "cannot read the file \(path)", cause: error)
        }
        guard let written else {
            throw DriverError(.invalidRequest, "cannot read the time at which \(path) was written")
        }
        return .seconds(Double(WallClock.now().seconds) - written.timeIntervalSince1970)
    }

    /// All of a file.
    static func fromFile(_ path: String) throws(DriverError) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw DriverError(
                .invalidRequest,
                "cannot read the list of objects in \(path)",
                cause: error
            )
        }
    }
}
