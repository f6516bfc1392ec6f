import FoundationEssentials
import Testing

/// One line of the driver's log, which is a JSON object.
package struct DriverLogLine: Decodable {
    package enum Value: Decodable, Hashable {
        case text(String)
        case number(Double)
        case flag(Bool)

        package init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        package var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): "\(number)"
            case .flag(let flag): "\(flag)"
            }
        }
    }

    package let fields: [String: Value]

    package init(from decoder: any Decoder) throws {
        fields = try decoder.singleValueContainer().decode([String: Value].self)
    }

    package subscript(name: String) -> String? { fields[name]?.text }
}

extension Driver {
    /// Every line of the log; throws where one is no JSON object.
    package func log() throws -> [DriverLogLine] {
        try logText().split(separator: "\n").map { line in
            try JSONDecoder().decode(DriverLogLine.self, from: Data(line.utf8))
        }
    }

    /// The lines of one method, such as `CreateVolume`.
    package func log(of method: String) throws -> [DriverLogLine] {
        try log().filter { $0["method"]?.hasSuffix("/\(method)") ?? false }
    }
}
