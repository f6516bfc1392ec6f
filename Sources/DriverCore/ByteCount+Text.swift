extension ByteCount {
    /// In the largest binary unit that fits: `10Gi`, `1.5Gi`, `512Mi`, `42`.
    ///
    /// Cut after the first decimal, so that what is told is never more than there is.
    package var short: String {
        let units: [(String, Int64)] = [
            ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10),
        ]
        guard let (name, size) = units.first(where: { bytes >= $0.1 }) else { return "\(bytes)" }
        let whole = bytes / size
        let tenth = (bytes % size) / (size / 10)
        // Ten tenths appear where the unit is no multiple of ten.
        return tenth == 0 ? "\(whole)\(name)" : "\(whole).\(min(tenth, 9))\(name)"
    }
}
