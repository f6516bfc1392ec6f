import DriverCore

/// An error of the file with its line; the caller adds the file's name.
package struct ConfigurationProblem: Error {
    let line: Int
    package let message: String

    package init(line: Int, _ message: String) {
        self.line = line
        self.message = message
    }

    func driverError(file: String) -> DriverError {
        DriverError(.invalidRequest, "\(file):\(line): \(message)")
    }
}
