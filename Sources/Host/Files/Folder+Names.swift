import CHostShim
package import DriverCore
import Glibc

/// Changes of names in a directory; durable only after ``Folder/synchronize()``.
extension Folder {
    /// Creates a directory that only root may enter; throws where the name exists.
    package func makeFolder(_ name: String) throws(DriverError) {
        try checked(
            unsafe chost_files_make_folder(file.number, name, 0o700),
            "create the directory \(path)/\(name)"
        )
    }

    /// Renames; throws where the new name exists.
    package func rename(_ name: String, to new: String) throws(DriverError) {
        try checked(
            unsafe chost_files_rename_new(file.number, name, new),
            "rename \(path)/\(name) to \(new)"
        )
    }

    /// Removes a file; does nothing where there is none.
    package func removeFile(_ name: String) throws(DriverError) {
        let result = unsafe chost_files_remove_file(file.number, name)
        if result != -ENOENT { try checked(result, "remove \(path)/\(name)") }
    }

    /// Removes an empty directory; does nothing where there is none.
    package func removeFolder(_ name: String) throws(DriverError) {
        let result = unsafe chost_files_remove_folder(file.number, name)
        if result != -ENOENT { try checked(result, "remove the directory \(path)/\(name)") }
    }

    /// All names in the directory, unordered.
    package func names() throws(DriverError) -> [String] {
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        var used = Int64(-ERANGE)
        while true {
            used = unsafe buffer.withUnsafeMutableBufferPointer { space -> Int64 in
                guard let start = space.baseAddress else { return 0 }
                return unsafe chost_files_list(file.number, start, space.count)
            }
            guard used == -Int64(ERANGE) else { break }
            buffer = [CChar](repeating: 0, count: buffer.count * 4)
        }
        try checked(used, "list \(path)")
        return buffer.prefix(Int(used)).split(separator: 0).map { name in
            String(decoding: name.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// What a replaced file must survive.
    package enum Durability: Sendable {
        /// A crash of the host: the file then has the old contents or the new ones.
        case hostCrash
        /// Only the end of the process: after a crash of the host it may be empty. No fsync.
        case processEnd
    }

    /// Replaces a small file in one step.
    ///
    /// The contents are built in `<name>.new`, which a crash may leave behind.
    package func replaceFile(
        _ name: String,
        with bytes: [UInt8],
        outliving durability: Durability = .hostCrash
    ) throws(DriverError) {
        let draft = Self.draftName(of: name)
        try removeFile(draft)
        do {
            try newFile(draft).fill(bytes, outliving: durability)
            if durability == .hostCrash { try Failpoint.pass(.recordDrafted) }
            try checked(
                unsafe chost_files_replace(file.number, draft, name),
                "rename \(path)/\(draft) to \(name)"
            )
        } catch {
            // What is left is replaced by the next attempt; the first failure is what counts.
            try? removeFile(draft)
            throw error
        }
        guard durability == .hostCrash else { return }
        try Failpoint.pass(.recordRenamed)
        try synchronize()
    }

    /// The name under which ``replaceFile(_:with:outliving:)`` builds the new contents.
    package static func draftName(of name: String) -> String { "\(name).new" }
}

extension OpenFile {
    fileprivate func fill(_ bytes: [UInt8], outliving durability: Folder.Durability)
        throws(DriverError)
    {
        try write(bytes)
        if durability == .hostCrash { try synchronize() }
    }
}
