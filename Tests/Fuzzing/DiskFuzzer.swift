import DriverCore

@testable import BackendLVM

/// The label of a disk of LVM, and the areas and texts that it names.
///
/// The first byte says which of the sums and places are set right, for no chance does that; then
/// come the label's sector, the head of each area, and what its text is made of.
enum DiskFuzzer: Fuzzer {
    private struct Repair: OptionSet {
        let rawValue: UInt8

        static let label = Repair(rawValue: 1)
        static let place = Repair(rawValue: 2)
        static let head = Repair(rawValue: 4)
        static let text = Repair(rawValue: 8)
    }

    private struct Disk: Sendable {
        var label: [UInt8]
        var head: [UInt8]
        let text: [UInt8]

        /// What no text reaches is not read here: it would only take time.
        func read(_ offset: Int64, _ count: Int) -> [UInt8] {
            require(offset >= 0 && count >= 0, "a read of \(count) bytes at \(offset)")
            if offset == 0 {
                let front = zeros(512) + label + zeros(4096 - 1024) + head + zeros(count)
                return Array(front.prefix(count))
            }
            if count == AreaHeader.size { return head }
            guard !text.isEmpty, count <= 1 << 16 else { return [] }
            return (0..<count).map { text[$0 % text.count] }
        }

        private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    }

    static func run(_ input: [UInt8]) {
        let repair = Repair(rawValue: input.first ?? 0)
        let bytes = Array(input.dropFirst())
        var disk = Disk(
            label: sector(bytes[...]),
            head: sector(bytes.dropFirst(512)),
            text: Array(bytes.dropFirst(1024))
        )
        if repair.contains(.label) { put(MetadataChecksum.of(disk.label[20...]), &disk.label, 16) }
        if repair.contains(.place), let label = try? DiskLabel(in: disk.read(0, 8192)),
            let area = label.areas.first
        {
            put(UInt64(area.start), &disk.head, 24)
            put(UInt64(area.size), &disk.head, 32)
        }
        if repair.contains(.head) { put(MetadataChecksum.of(disk.head[4...]), &disk.head, 0) }
        if repair.contains(.text), let header = look(at: disk)?.headers.first {
            let text = header.textRanges.flatMap { disk.read($0.lowerBound, $0.count) }
            put(MetadataChecksum.of(text), &disk.head, 56)
            put(MetadataChecksum.of(disk.head[4...]), &disk.head, 0)
        }
        check(disk)
    }

    private static func look(at disk: Disk) -> DiskLook? {
        try? DiskLook(at: "/dev/disk") { _, offset, count in disk.read(offset, count) }
    }

    private static func check(_ disk: Disk) {
        let head = disk.read(0, 8192)
        expectRefusal(.hostFailure) { () throws(DriverError) in
            guard let label = try DiskLabel(in: head) else { return }
            require(label.areas.allSatisfy { $0.start > 0 && $0.size >= 0 }, "\(label.areas)")
        }
        guard let look = look(at: disk) else { return }
        for header in look.headers where header.textSize > 0 {
            let ranges = header.textRanges
            let end = header.area.start + header.area.size
            require(ranges.count <= 2, "a text in \(ranges.count) pieces")
            require(
                ranges.allSatisfy { $0.lowerBound > header.area.start && $0.upperBound <= end },
                "a text at \(ranges) outside of the area \(header.area)"
            )
            require(ranges.reduce(0) { $0 + $1.count } == Int(header.textSize), "a text in part")
            expectRefusal(.unavailable) { () throws(DriverError) in
                let text = try look.text(at: header) { _, offset, count in
                    disk.read(offset, count)
                }
                require(text.count == Int(header.textSize), "a text of another size")
            }
        }
    }

    private static func sector(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.prefix(512)) + [UInt8](repeating: 0, count: max(0, 512 - bytes.count))
    }

    private static func put(_ number: some FixedWidthInteger, _ bytes: inout [UInt8], _ at: Int) {
        for index in 0..<(number.bitWidth / 8) {
            bytes[at + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }
}
