import Backend

/// What doctor has found so far in one area.
struct Examination: Sendable {
    /// `programs`, `kernel`, `tier scratch`, ...
    let area: String
    private(set) var findings: [Finding]

    init(_ area: String, _ findings: [Finding] = []) {
        self.area = area
        self.findings = findings
    }

    mutating func good(_ subject: String, _ found: String) {
        findings.append(.good(subject, found))
    }

    mutating func note(_ subject: String, _ found: String, _ advice: String? = nil) {
        findings.append(.note(subject, found, advice))
    }

    mutating func problem(_ subject: String, _ found: String, _ advice: String) {
        findings.append(.problem(subject, found, advice))
    }
}
