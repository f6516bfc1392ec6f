import FoundationEssentials

/// What `cairn doctor --output json` says.
struct DoctorReport: Decodable {
    private struct Check: Decodable {
        let area: String
        let subject: String
        let state: String
        let found: String
        let advice: String?
    }

    private let checks: [Check]

    init(decoding text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    /// The problems of tiers, each with what to do.
    var problems: [String] {
        checks.filter { $0.state == "problem" && $0.area.hasPrefix("tier ") }
            .map { "\($0.subject): \($0.found); \($0.advice ?? "")" }
    }
}
