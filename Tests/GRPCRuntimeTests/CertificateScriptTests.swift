import GRPCRuntime
import Glibc
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CertificateScriptTests {
    @Test func `keys are for their owner, and each certificate says its role`() throws {
        let certificates = try Certificates(["--dns", "cairn.example"], nodes: ["n1"])
        for (name, names) in [
            ("controller", "DNS:controller.cairn.storage, DNS:cairn.example"),
            ("nodes/n1", "DNS:node.cairn.storage, DNS:n1.node.cairn.storage"),
        ] {
            let files = certificates.files(name)
            #expect(try mode(of: #require(files.key)) == 0o600)
            #expect(try Self.names(certificates, name).contains(names))
        }
        #expect(try mode(of: "\(certificates.folder)/authority/ca.key") == 0o600)
        #expect(!namesInFolder(certificates.folder).contains("node"))
    }

    @Test func `a renewal makes new keys and keeps the authority and the names`() throws {
        let certificates = try Certificates(["--dns", "cairn.example"])
        let names = ["controller/tls.key", "controller/tls.crt", "node/tls.key", "node/tls.crt"]
        let authority = contentsOfFile("\(certificates.folder)/authority/ca.key")
        let before = names.map { contentsOfFile("\(certificates.folder)/\($0)") }
        try certificates.run()
        for (name, old) in zip(names, before) {
            let new = contentsOfFile("\(certificates.folder)/\(name)")
            #expect(new != old && !new.isEmpty, "\(name)")
        }
        #expect(contentsOfFile("\(certificates.folder)/authority/ca.key") == authority)
        #expect(try Self.names(certificates, "controller").contains("DNS:cairn.example"))
        // One version of each: the old one is gone.
        let versions = namesInFolder("\(certificates.folder)/node").filter { $0.hasPrefix("..2") }
        #expect(versions.count == 1)
    }

    @Test func `an authority is replaced only where it is asked for, and forgotten last`() throws {
        let certificates = try Certificates()
        #expect(try certificates.status(["--forget-old-ca"]) != 0)
        try certificates.run(["--replace-ca"])
        #expect(try certificates.status(["--replace-ca"]) != 0)
        // Nobody would trust what the old authority has signed.
        #expect(try certificates.status(["--forget-old-ca"]) != 0)
        #expect(contentsOfFile(certificates.log).contains("renew it first"))
        try certificates.run()
        try certificates.run(["--forget-old-ca"])
        let bundle = contentsOfFile("\(certificates.folder)/node/ca.crt")
        #expect(bundle == contentsOfFile("\(certificates.folder)/authority/ca.crt"))
    }

    @Test func `half an authority is an error and is not replaced`() throws {
        let certificates = try Certificates()
        let key = "\(certificates.folder)/authority/ca.key"
        #expect(unsafe unlink(key) == 0)
        #expect(try certificates.status([]) != 0)
        #expect(contentsOfFile(certificates.log).contains("restore the missing one"))
    }

    @Test(arguments: [
        (["--days", "0"], []), (["--days", "x"], []), (["--dns", "a b"], []), (["--dns"], []),
        (["--what"], []), ([], ["a/b"]), ([], ["-x"]), ([], ["n,DNS:controller.cairn.storage"]),
        ([], [String(repeating: "n", count: 64)]), (["--replace-ca"], ["n1"]),
        (["--days", "5000"], []),
    ])
    func `what cannot be right is refused`(options: [String], nodes: [String]) throws {
        let certificates = try Certificates()
        let before = contentsOfFile("\(certificates.folder)/controller/tls.crt")
        #expect(try certificates.status(options, nodes: nodes) != 0)
        #expect(contentsOfFile("\(certificates.folder)/controller/tls.crt") == before)
    }

    private static func names(_ certificates: Certificates, _ name: String) throws -> String {
        let output = "\(certificates.folder)/names"
        let status = try exitStatus(
            of: ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in"]
                + ["\(certificates.folder)/\(name)/tls.crt"],
            output: output
        )
        #expect(status == 0)
        return contentsOfFile(output)
    }

    private func mode(of path: String) throws -> UInt32 {
        var status = stat()
        let isThere = unsafe stat(path, &status) == 0
        try #require(isThere)
        return status.st_mode & 0o777
    }
}
