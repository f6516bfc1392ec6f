import DriverCore
import Host

/// Paths of a request beneath kubelet's folder, which is the first line.
enum TargetFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        let lines = text.byteSplit(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard lines.count == 2 else { return }
        let (root, path) = (String(lines[0]), String(lines[1]))
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            let target = try TargetPath(path, kubeletRoot: root)
            check(target.path, beneath: root)
            let again = repeating("reading a path that was accepted") { () throws(DriverError) in
                try TargetPath(target.path, kubeletRoot: root)
            }
            require(again.path.hasSameBytes(as: target.path), "\(path) reads as \(again.path)")
        }
    }

    /// By the kernel's view: bytes between slashes.
    private static func check(_ path: String, beneath root: String) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        let above = root.utf8.split(separator: UInt8(ascii: "/"))
            .filter { !$0.elementsEqual(".".utf8) }
        require(parts.count > above.count, "\(path) is no more than \(root)")
        require(
            parts.starts(with: above) { $0.elementsEqual($1) },
            "\(path) lies outside of \(root)"
        )
        for part in parts {
            require(!part.elementsEqual("..".utf8), "\(path) leads upwards")
            require(!part.contains(0), "\(path) holds a NUL")
            require(part.count <= 255, "\(path) has a component that is too long")
        }
    }
}

/// The text of LVM's tags, apart by line breaks: facts are escaped and read again.
enum TagFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        TagPromises.check(text)
    }
}
