/// One thing that doctor looked at.
struct Check: Encodable, Sendable {
    enum State: String, Encodable, Sendable {
        case good = "ok"
        /// Worth knowing, and not wrong.
        case note
        case problem
    }

    /// `programs`, `kernel`, `tier scratch`, ...
    let area: String
    /// What was checked.
    let subject: String
    let state: State
    /// What was found.
    let found: String
    /// What to do about it; nil where there is nothing to do.
    var advice: String?
}

/// The checks that doctor has made so far.
struct Examination: Sendable {
    private(set) var checks: [Check] = []
    let area: String

    init(_ area: String) { self.area = area }

    mutating func good(_ subject: String, _ found: String) {
        checks.append(Check(area: area, subject: subject, state: .good, found: found))
    }

    mutating func note(_ subject: String, _ found: String, _ advice: String? = nil) {
        checks.append(
            Check(area: area, subject: subject, state: .note, found: found, advice: advice)
        )
    }

    mutating func problem(_ subject: String, _ found: String, _ advice: String) {
        checks.append(
            Check(area: area, subject: subject, state: .problem, found: found, advice: advice)
        )
    }
}
