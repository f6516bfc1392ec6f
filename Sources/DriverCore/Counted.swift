extension Int {
    /// `1 volume`, `2 volumes`, for nouns with a regular plural.
    package func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
