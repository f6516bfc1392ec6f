import DriverCore

/// What is wrong at which line; the file's name is added at the edge.
struct ConfigurationProblem: Error {
    let line: Int
    let message: String

    init(line: Int, _ message: String) {
        self.line = line
        self.message = message
    }

    func driverError(file: String) -> DriverError {
        DriverError(.invalidRequest, "\(file):\(line): \(message)")
    }
}
