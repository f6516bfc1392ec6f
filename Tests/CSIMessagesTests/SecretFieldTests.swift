import CSIMessages
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct SecretFieldTests {
    private static let password = "hunter2-passphrase"

    @Test func `a request does not print its secrets`() throws {
        let request = try NodeStageVolumeRequest(
            decoding: NodeStageVolumeRequest(
                volumeID: "v1-a",
                secrets: Secrets(["passphrase": Self.password])
            ).encoded()
        )
        var dumped = ""
        dump(request, to: &dumped)
        let reflected = Mirror(reflecting: request).children.map { "\($0)" }.joined()
        for text in ["\(request)", String(reflecting: request), dumped, reflected] {
            #expect(text.contains("v1-a"))
            #expect(!text.contains(Self.password))
            #expect(!text.contains("passphrase"))
        }
        #expect(request.secrets.withValue(of: "passphrase") { $0 } == Self.password)
    }

    @Test func `an error about a secret does not show it`() {
        let bytes = decodeHex("1205" + "0a016b" + "12") + [UInt8(Self.password.utf8.count + 1)]
        let damaged = [bytes[0], bytes[1] + UInt8(Self.password.utf8.count + 1)] + bytes[2...]
        let error = #expect(throws: DriverError.self) {
            try DeleteVolumeRequest(decoding: damaged + Array(Self.password.utf8) + [0])
        }
        #expect(error?.message.contains("secrets: value") == true)
        #expect(error.map { "\($0)".contains(Self.password) } == false)
    }

    @Test(arguments: allSamples)
    func `every field called secrets is typed as one`(sample: MessageSample) {
        for child in Mirror(reflecting: sample.message).children where child.label == "secrets" {
            #expect(child.value is Secrets)
        }
    }
}
