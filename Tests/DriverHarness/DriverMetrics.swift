import DriverCore
import TestSupport

/// The figures of a running driver, read as Prometheus would.
package struct DriverMetrics {
    package let text: String

    /// The figure of a name with its labels, `cairn_tier_up{tier="fast"}`, or nil.
    package subscript(series: String) -> Double? {
        for line in text.split(separator: "\n") where line.hasPrefix("\(series) ") {
            return Double(line.dropFirst(series.utf8.count + 1))
        }
        return nil
    }

    /// The whole names of all samples.
    package var series: [String] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            String(line[..<(line.lastIndex(of: " ") ?? line.endIndex)])
        }
    }
}

extension Driver {
    /// Where its page of figures is.
    package func metricsPort() throws -> UInt16 {
        let address = try log().last { $0["message"] == "serving metrics" }?["address"]
        guard let digits = address?.split(separator: ":").last, let port = UInt16(digits) else {
            throw DriverError(.hostFailure, "the driver's log tells no address of its metrics")
        }
        return port
    }

    /// What the driver's page of figures says now.
    package func metrics() throws -> DriverMetrics {
        let answer = try HTTPConnection.ask("/metrics", port: metricsPort())
        guard answer.head.hasPrefix("HTTP/1.1 200 ") else {
            throw DriverError(.hostFailure, "the metrics page answers \(answer.head)")
        }
        return DriverMetrics(text: answer.body)
    }
}
