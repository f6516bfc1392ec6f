import GRPCRuntime
import Glibc
import Testing

/// A certificate authority of one test, made with the openssl program.
struct Authority {
    private let folder: String
    private let name: String

    /// The authority's own certificate.
    var certificate: String { "\(folder)/\(name).pem" }

    init(_ name: String, in folder: String) throws {
        self.folder = folder
        self.name = name
        try openssl(Self.request(name) + ["-keyout", "\(folder)/\(name).key", "-out", certificate])
    }

    /// Makes key and certificate `<file>.key` and `<file>.pem`.
    ///
    /// Each appears by a rename, the certificate last.
    func issue(_ file: String, names: String) throws -> TLSFiles {
        let (key, certificate) = ("\(folder)/\(file).key", "\(folder)/\(file).pem")
        try openssl(
            Self.request(file)
                + ["-CA", self.certificate, "-CAkey", "\(folder)/\(name).key"]
                + ["-addext", "subjectAltName=\(names)"]
                + ["-keyout", "\(key).new", "-out", "\(certificate).new"]
        )
        for path in [key, certificate] {
            let isRenamed = unsafe rename("\(path).new", path) == 0
            try #require(isRenamed)
        }
        return TLSFiles(certificate: certificate, key: key, authority: self.certificate)
    }

    private static func request(_ name: String) -> [String] {
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
            + ["-days", "2", "-subj", "/CN=\(name)"]
    }
}

/// Runs openssl quietly and requires success.
private func openssl(_ arguments: [String]) throws {
    let status = try exitStatus(of: ["openssl"] + arguments)
    try #require(status == 0, "openssl \(arguments) failed")
}
