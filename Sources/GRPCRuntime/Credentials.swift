import CGRPCShim
import DriverCore
import ErrnoText
import Glibc

/// Transport credentials; servers and channels keep what they need of them.
@safe struct Credentials: ~Copyable, Sendable {
    // Sound to share: C-core counts its references, and destroys nothing before the last.
    nonisolated(unsafe) let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    deinit { unsafe cgrpc_credentials_destroy(handle) }

    static func insecureServer() -> Credentials {
        unsafe Credentials(cgrpc_credentials_create_insecure_server())
    }

    static func insecureClient() -> Credentials {
        unsafe Credentials(cgrpc_credentials_create_insecure_client())
    }

    static func server(_ files: TLSFiles, refresh: Duration) throws(DriverError) -> Credentials {
        guard files.certificate != nil, files.key != nil else {
            throw DriverError(
                .invalidRequest,
                "TLS for a server needs a certificate and a key; name both files"
            )
        }
        let certificates = try unsafe watch(files, refresh)
        defer { unsafe cgrpc_certificates_destroy(certificates) }
        return unsafe Credentials(cgrpc_credentials_create_server(certificates))
    }

    static func client(_ files: TLSFiles, refresh: Duration) throws(DriverError) -> Credentials {
        guard files.authority != nil, (files.certificate == nil) == (files.key == nil) else {
            throw DriverError(
                .invalidRequest,
                "TLS for a client needs an authority; name both the certificate and the key, or neither"
            )
        }
        let certificates = try unsafe watch(files, refresh)
        defer { unsafe cgrpc_certificates_destroy(certificates) }
        return unsafe Credentials(cgrpc_credentials_create_client(certificates))
    }

    /// Watches the files; throws now for a file that cannot be used, because C-core would only
    /// refuse handshakes.
    private static func watch(_ files: TLSFiles, _ refresh: Duration) throws(DriverError)
        -> OpaquePointer
    {
        for path in [files.certificate, files.key, files.authority] {
            guard let path else { continue }
            guard unsafe access(path, R_OK) == 0 else {
                let reason = errno
                throw DriverError(
                    .invalidRequest,
                    "cannot read the TLS file \(path) (\(errnoText(reason)))"
                )
            }
        }
        try checkContents(of: files)
        let seconds = UInt32(clamping: max(1, refresh.components.seconds))
        let certificates = unsafe cgrpc_certificates_create(
            files.key,
            files.certificate,
            files.authority,
            seconds
        )
        guard let certificates = unsafe certificates else {
            throw DriverError(
                .invalidRequest,
                "gRPC refuses the TLS files; check that they are PEM"
            )
        }
        return unsafe certificates
    }

    private static func checkContents(of files: TLSFiles) throws(DriverError) {
        let (key, certificate) = (files.key ?? "", files.certificate ?? "")
        let problem: String
        switch unsafe cgrpc_tls_check(files.key, files.certificate, files.authority) {
        case CGRPC_TLS_NO_KEY: problem = "\(key) has no private key without a passphrase"
        case CGRPC_TLS_NO_CERTIFICATE: problem = "\(certificate) has no certificate"
        case CGRPC_TLS_NO_PAIR: problem = "\(key) is not the key of the certificate \(certificate)"
        case CGRPC_TLS_NO_AUTHORITY: problem = "\(files.authority ?? "") has no certificate"
        default: return
        }
        throw DriverError(.invalidRequest, "the TLS file \(problem); write it as PEM")
    }
}
