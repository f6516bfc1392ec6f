package import DriverCore

/// The error that the body throws; a failure of the test where it throws none.
package func failure(_ body: () throws -> Void) -> DriverError {
    do {
        try body()
        return DriverError(.hostFailure, "nothing was thrown")
    } catch let error as DriverError {
        return error
    } catch {
        return DriverError(.hostFailure, "not a DriverError: \(error)")
    }
}
