import DriverCore
import GRPCRuntime

/// What people write behind `--endpoint`.
enum EndpointFuzzer: Fuzzer {
    static func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        expectRefusal(.invalidRequest) { () throws(DriverError) in
            let endpoint = try Endpoint(parsing: text)
            let again = repeating("reading what '\(endpoint)' says") { () throws(DriverError) in
                try Endpoint(parsing: endpoint.description)
            }
            // No host is every address, which is written as [::].
            if case .tcp("", let port) = endpoint {
                require(again == .tcp(host: "::", port: port), "'\(text)' reads as \(again)")
            } else {
                require(
                    again.description.hasSameBytes(as: endpoint.description),
                    "'\(text)' is \(endpoint), which reads as \(again)"
                )
            }
        }
    }
}
