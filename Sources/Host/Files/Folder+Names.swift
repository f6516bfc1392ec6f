import CHostShim
package import DriverCore
import Glibc

/// Changes of the names in a folder. Durable after ``Folder/synchronize()`` only.
extension Folder {
    /// Makes a folder that only root may enter; an error where anything has the name.
    package func makeFolder(_ name: String) throws(DriverError) {
        try checked(
            unsafe chost_files_make_folder(file.number, name, 0o700),
            "create the directory \(path)/\(name)"
        )
    }

    /// Renames; an error where anything has the new name.
    package func rename(_ name: String, to new: String) throws(DriverError) {
        try checked(
            unsafe chost_files_rename_new(file.number, name, new),
            "rename \(path)/\(name) to \(new)"
        )
    }

    /// Removes a file; OK where nothing has the name.
    package func removeFile(_ name: String) throws(DriverError) {
        let result = unsafe chost_files_remove_file(file.number, name)
        if result != -ENOENT { try checked(result, "remove \(path)/\(name)") }
    }

    /// Removes an empty folder; OK where nothing has the name.
    package func removeFolder(_ name: String) throws(DriverError) {
        let result = unsafe chost_files_remove_folder(file.number, name)
        if result != -ENOENT { try checked(result, "remove the directory \(path)/\(name)") }
    }

    /// All names in the folder, in no order.
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

    /// How much a replaced file must outlive.
    package enum Durability: Sendable {
        /// Whoever reads it after a crash of the host finds the old contents or the new ones.
        case hostCrash
        /// The end of the process only: after a crash of the host it may be empty. No fsync.
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
