import GRPCRuntime
import Glibc
import Testing

/// What scripts/make-certificates.sh makes, in a folder of its own; gone with the value.
final class Certificates: Sendable {
    let folder: String
    private static let script =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        + "/scripts/make-certificates.sh"

    /// The arguments of the script without the folder.
    init(_ options: [String] = [], nodes: [String] = []) throws {
        var template = Array("/tmp/cairn-certificates-XXXXXX".utf8CString)
        let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        try #require(isMade)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try run(options, nodes: nodes)
    }

    deinit { _ = try? exitStatus(of: ["rm", "-rf", folder]) }

    func run(_ options: [String] = [], nodes: [String] = []) throws {
        let status = try self.status(options, nodes: nodes)
        try #require(status == 0, "\(options) \(nodes): \(contentsOfFile(log))")
    }

    /// How the script ends; 0 is success.
    func status(_ options: [String], nodes: [String] = []) throws -> CInt {
        try exitStatus(of: [Self.script] + options + [folder] + nodes, output: log)
    }

    var log: String { "\(folder)/log" }

    /// Those of `controller`, `node`, or `nodes/<id>`.
    func files(_ name: String) -> TLSFiles {
        TLSFiles(
            certificate: "\(folder)/\(name)/tls.crt",
            key: "\(folder)/\(name)/tls.key",
            authority: "\(folder)/\(name)/ca.crt"
        )
    }

    /// One that the authority signs now, beside those of the script.
    func issue(_ name: String, role: String, days: Int = 1) throws -> TLSFiles {
        let place = "\(folder)/\(name)"
        let commands = [
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
                + ["-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(role)"]
                + ["-keyout", "\(place).key", "-out", "\(place).csr"],
            ["x509", "-req", "-in", "\(place).csr", "-days", "\(days)", "-out", "\(place).crt"]
                + ["-copy_extensions", "copyall", "-CA", "\(folder)/authority/ca.crt"]
                + ["-CAkey", "\(folder)/authority/ca.key"],
        ]
        for command in commands {
            let status = try exitStatus(of: ["openssl"] + command, output: log)
            try #require(status == 0, "\(command): \(contentsOfFile(log))")
        }
        return TLSFiles(
            certificate: "\(place).crt",
            key: "\(place).key",
            authority: "\(folder)/controller/ca.crt"
        )
    }

    /// Waits until the server at the port shows the certificate that is in the file now.
    func waitUntilShown(_ name: String, at port: UInt16) async throws {
        let certificate = contentsOfFile("\(folder)/\(name)/tls.crt")
        let shown = "\(folder)/shown"
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end {
            _ = try exitStatus(
                of: ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "h2"],
                output: shown
            )
            if contentsOfFile(shown).contains(certificate) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the server at \(port) does not show the new certificate of \(name)")
    }
}
