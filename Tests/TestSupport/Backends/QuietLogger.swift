package import Logging

/// A log that nobody reads.
package let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
