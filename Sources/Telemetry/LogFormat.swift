/// How a log line is written: the values of `--log-format`.
package enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// `2026-11-22T17:54:23.123Z INFO message key=value key="with space"`
    case text
    /// One JSON object a line with `time`, `level`, `message` and the fields.
    case json
}
