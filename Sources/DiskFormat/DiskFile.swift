/// A JSON file of Cairn's own that outlives the process.
///
/// A type that conforms is made for the disk and for nothing else. Its keys are written out, because
/// a key that has been on a disk never changes its name or its meaning. `DiskFormats.md` lists all
/// of them, and says when ``version`` is raised.
package protocol DiskFile: Codable, Sendable, Hashable {
    /// The version that this driver writes, and the newest one that it reads.
    static var version: Int { get }
}

extension DiskFile {
    /// Throws where a file of that version cannot be read by this driver.
    package static func check(version found: Int) throws {
        guard (1...version).contains(found) else { throw UnknownVersion(found, newest: version) }
    }
}

/// A file that another version of the driver wrote, in a format that this one does not know.
package struct UnknownVersion: Error {
    let found: Int
    let newest: Int

    init(_ found: Int, newest: Int) {
        self.found = found
        self.newest = newest
    }

    var message: String {
        "format version \(found) is unknown: this driver reads versions up to \(newest); run the "
            + "version of Cairn that wrote the file"
    }
}
