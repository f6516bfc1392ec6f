import ArgumentParser
package import DriverCore

extension ByteCount: ExpressibleByArgument {
    /// A size of the command line: `10Gi`, `512Mi`, `1073741824`; never zero.
    package init?(argument: String) {
        guard let size = ByteCount(parsing: argument), size > .zero else { return nil }
        self = size
    }
}
