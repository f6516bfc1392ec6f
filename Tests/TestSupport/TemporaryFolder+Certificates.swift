import DriverCore
import Glibc

extension TemporaryFolder {
    /// What scripts/make-certificates.sh makes, in a new folder: `controller` and `node`, with
    /// tls.crt, tls.key and ca.crt in each.
    package func makeCertificates() async throws -> String {
        let folder = try makeFolder("certificates")
        let log = path(of: "certificates.log")
        let script = try ChildProgram(Self.script, [folder], standardError: log)
        guard try await script.waitForEnd() == .exited(0) else {
            throw DriverError(.hostFailure, "\(Self.script) failed; see \(log)")
        }
        return folder
    }

    private static let script =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        + "/scripts/make-certificates.sh"
}
