/// Paths of PEM files, read at start and again when they change.
///
/// A server needs certificate and key; with an authority it demands a client certificate that the
/// authority has signed. A client needs the authority that signs servers, and certificate and key
/// where servers demand them.
package struct TLSFiles: Sendable, Hashable {
    /// The certificate chain, leaf first.
    package var certificate: String?
    package var key: String?
    /// The certificates of the authorities that sign the other side.
    package var authority: String?

    /// The files of a directory, laid out by scripts/make-certificates.sh or Kubernetes.
    package init(folder: String) {
        self.init(
            certificate: "\(folder)/tls.crt",
            key: "\(folder)/tls.key",
            authority: "\(folder)/ca.crt"
        )
    }

    package init(certificate: String? = nil, key: String? = nil, authority: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.authority = authority
    }
}
