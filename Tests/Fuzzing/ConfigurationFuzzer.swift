import BackendLVM
import BackendLoop
import Configuration
import DriverCore

/// The tiers file.
enum ConfigurationFuzzer: Fuzzer {
    private static let kinds: [any TierStorage.Type] = [LoopStorage.self, LVMStorage.self]

    static func run(_ input: [UInt8]) {
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            do throws(DriverError) {
                check(try TiersFile(parsing: input, file: "f", kinds: kinds))
            } catch {
                checkPlace(of: error, in: input)
                throw error
            }
        }
    }

    private static func check(_ file: TiersFile) {
        require(!file.tiers.isEmpty, "a file without tiers was accepted")
        require(Set(file.tiers.map(\.name)).count == file.tiers.count, "a name was accepted twice")
        let defaults = file.tiers.count(where: \.isDefault)
        require(defaults <= 1, "\(defaults) tiers are the default")
        guard let text = written(file) else { return }
        let again = repeating("reading a file that was written") { () throws(DriverError) in
            try TiersFile(parsing: text, file: "f", kinds: kinds)
        }
        require(written(again) == text, "a file changes when it is written and read: \(text)")
    }

    /// `f:LINE: `, where the line is one of the text or the end of it.
    private static func checkPlace(of error: DriverError, in input: [UInt8]) {
        let parts = error.message.split(separator: ":", maxSplits: 2)
        require(parts.count == 3 && parts[0] == "f", "no place: \(error.message)")
        // What libyaml takes for a line break, counted generously.
        let breaks = input.count { [0x0a, 0x0d, 0x85, 0xa8, 0xa9].contains($0) }
        let line = parts.count == 3 ? Int(parts[1]) ?? 0 : 0
        require((1...breaks + 2).contains(line), "no line of the file: \(error.message)")
    }

    /// The file as one could have written it; nil where a number has no short decimal form.
    private static func written(_ file: TiersFile) -> String? {
        let tiers = file.tiers.map(written)
        return tiers.contains(nil) ? nil : "tiers:\n" + tiers.compactMap(\.self).joined()
    }

    private static func written(_ tier: TierConfiguration) -> String? {
        guard let loop = tier.storage as? LoopStorage, !loop.overcommit.description.contains("e")
        else {
            return nil
        }
        let reserve =
            switch tier.reserve {
            case .bytes(let count): "\(count.bytes)"
            case .percent(let share): "\(share)%"
            }
        let overcommit = loop.provisioning == .thin ? ", overcommit: \(loop.overcommit)" : ""
        return """
              - name: '\(tier.name)'
                default: \(tier.isDefault)
                filesystem: \(tier.filesystem.rawValue)
                reserve: \(reserve)
                loop: {directory: \(quoted(loop.directory)), provisioning: \(loop.provisioning)\
            \(overcommit)\(pool(loop))}

            """
    }

    private static func pool(_ loop: LoopStorage) -> String {
        let uuid = loop.uuid.map { ", uuid: \($0)" } ?? ""
        return ", create: \(loop.createsPool), mountPoint: \(loop.requiresMountPoint), volatile: "
            + "\(loop.isVolatile)\(uuid)"
    }

    /// YAML's double quotes, with everything that is not plain ASCII by its number.
    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            if scalar.isASCII, scalar != "\"", scalar != "\\" { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
        return "\"\(escaped.joined())\""
    }
}
