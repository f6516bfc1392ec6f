package import DriverCore
import TestSupport

/// What the callers write: a file that names the contents, and a large one that the name decides.
///
/// At each moment of a write, and after a crash at any, the name is that of whole contents: the old
/// or the new ones.
package enum SoakContents {
    package static func write(_ mark: String, in folder: String) throws(DriverError) {
        let old = try self.mark(in: folder)
        try Bytes.write(noise(mark), to: noisePath(of: mark, in: folder))
        try Bytes.write(mark, to: "\(folder)/mark.new")
        try Folders.move("\(folder)/mark.new", to: "\(folder)/mark")
        try Folders.sync(folder)
        if !old.isEmpty, old != mark { try Folders.remove(noisePath(of: old, in: folder)) }
    }

    /// The name of the contents, empty where nothing was written yet; throws where they are torn.
    package static func mark(in folder: String) throws(DriverError) -> String {
        guard Paths.exists("\(folder)/mark") else { return "" }
        let mark = String(decoding: try Bytes.read("\(folder)/mark"), as: UTF8.self)
        let path = noisePath(of: mark, in: folder)
        guard Paths.exists(path), try Bytes.read(path) == noise(mark) else {
            throw DriverError(.hostFailure, "what '\(mark)' names is not what is there")
        }
        return mark
    }

    private static func noisePath(of mark: String, in folder: String) -> String {
        "\(folder)/noise-\(mark.split(separator: " ").joined(separator: "-"))"
    }
}
