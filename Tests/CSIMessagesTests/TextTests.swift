import CSIMessages
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct TextTests {
    @Test(arguments: [
        ("a plain field", "0a0361ff62", "volume_id"),
        ("an overlong form", "0a02c0af", "volume_id"),
        ("a surrogate", "0a03eda080", "volume_id"),
        ("a cut character", "0a01c3", "volume_id"),
        ("the value of a map", "12060a0161" + "1201ff", "secrets: value"),
        ("the key of a map", "12060a01ff" + "120161", "secrets: key"),
    ])
    func `text that is not UTF-8 is refused with the name of the field`(
        what: String,
        hex: String,
        field: String
    ) {
        expectRefusal(of: hex, naming: field, because: "UTF-8", what)
    }

    @Test(arguments: [
        ("a plain field", "0a03610062", "volume_id"),
        ("only a NUL", "0a0100", "volume_id"),
        ("a NUL at the end", "0a026100", "volume_id"),
        ("the value of a map", "12060a0161120100", "secrets: value"),
    ])
    func `text with a NUL is refused and not cut`(what: String, hex: String, field: String) {
        expectRefusal(of: hex, naming: field, because: "NUL", what)
    }

    @Test func `bad text is found in lists, in nested messages and behind good text`() {
        let inList = decodeHex("0a0161" + "0a01ff")
        #expect(throws: DriverError.self) {
            try ListVolumesResponse.VolumeStatus(decoding: inList)
        }
        // entries > volume > volume_id
        let nested = decodeHex("0a070a05120361" + "0062")
        #expect(throws: DriverError.self) { try ListVolumesResponse(decoding: nested) }
    }

    @Test func `the first of two values for one field is checked as well`() {
        #expect(throws: DriverError.self) {
            try DeleteVolumeRequest(decoding: decodeHex("0a01ff" + "0a0161"))
        }
    }

    @Test func `text with a NUL cannot be sent`() {
        let error = #expect(throws: DriverError.self) {
            try DeleteVolumeRequest(volumeID: "a\0b").encoded()
        }
        #expect(error?.code == .invalidRequest)
        #expect(throws: DriverError.self) {
            try Topology(segments: ["a": "b\0"]).encoded()
        }
    }

    @Test func `long text and text outside the basic plane survive`() throws {
        let text = String(repeating: "é\u{1F5C4}\n\u{7f}", count: 20_000)
        let message = Topology(segments: [text: text])
        #expect(try Topology(decoding: message.encoded()) == message)
    }

    private func expectRefusal(
        of hex: String,
        naming field: String,
        because reason: String,
        _ what: String
    ) {
        let error = #expect(throws: DriverError.self, "\(what)") {
            try DeleteVolumeRequest(decoding: decodeHex(hex))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix("DeleteVolumeRequest: \(field): ") == true)
        #expect(error?.message.contains(reason) == true)
    }
}
