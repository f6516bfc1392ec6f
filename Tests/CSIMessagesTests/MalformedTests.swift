import CSIMessages
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct MalformedTests {
    @Test(arguments: allSamples)
    func `a message that is cut anywhere is refused or read, and never crashes`(
        sample: MessageSample
    ) {
        for length in 0..<sample.bytes.count {
            decodeOrRefuse(sample.message, Array(sample.bytes.prefix(length)))
        }
    }

    @Test(arguments: allSamples)
    func `a message with random damage is refused or read, and never crashes`(
        sample: MessageSample
    ) {
        var random = SeededRandom(seed: 1)
        guard !sample.bytes.isEmpty else { return }
        for _ in 0..<200 {
            var bytes = sample.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            decodeOrRefuse(sample.message, bytes)
        }
    }

    @Test(arguments: allSamples)
    func `random bytes are refused or read, and never crash`(sample: MessageSample) {
        var random = SeededRandom(seed: 2)
        for _ in 0..<200 {
            let count = Int.random(in: 0...64, using: &random)
            let bytes = (0..<count).map { _ in
                // Low numbers make valid tags likely.
                UInt8.random(in: 0...(Bool.random(using: &random) ? 255 : 66), using: &random)
            }
            decodeOrRefuse(sample.message, bytes)
        }
    }

    @Test(arguments: [
        ("a group", "0b0c"), ("field number zero", "0200"), ("a tag without end", "ffffffffffff"),
        ("a length past the end", "0a05"), ("a length of 2^63", "0affffffffffffffff7f"),
        ("a number without end", "18ffffffffffffffffffffff"), ("half a fixed number", "3d0102"),
        ("a number where text belongs", "0801"), ("a number where a map belongs", "1001"),
    ])
    func `bytes that are no message are refused with the name of the message`(
        what: String,
        hex: String
    ) {
        let error = #expect(throws: DriverError.self, "\(what)") {
            try DeleteVolumeRequest(decoding: decodeHex(hex))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix("DeleteVolumeRequest: ") == true)
    }

    @Test func `a field that this version does not know is skipped`() throws {
        let known = try DeleteVolumeRequest(volumeID: "v").encoded()
        let unknown = decodeHex("f83f01" + "fa3f0161" + "fd3f00000000" + "f93f0000000000000000")
        #expect(
            try DeleteVolumeRequest(decoding: known + unknown)
                == DeleteVolumeRequest(volumeID: "v")
        )
    }

    @Test func `a registration of a newer version is read without what is new in it`() throws {
        let tier = NodeTier(name: "fast", availableBytes: 1)
        let newerTier = try tier.encoded() + decodeHex("f83f01" + "fa3f0161")
        // Field 7 of RegisterRequest, and two fields that it may get one day.
        let newer =
            try RegisterRequest(nodeID: "n1").encoded() + [0x3a, UInt8(newerTier.count)]
            + newerTier + decodeHex("f83f01" + "fa3f0161")
        #expect(
            try RegisterRequest(decoding: newer) == RegisterRequest(nodeID: "n1", tiers: [tier])
        )
        let state = try RegisteredNode(decoding: decodeHex("1063")).state
        #expect(state == .unrecognized(99))
    }

    /// Decodes; what was accepted must survive another round.
    private func decodeOrRefuse<Message: CSIMessage>(_ sample: Message, _ bytes: [UInt8]) {
        do throws(DriverError) {
            let message = try Message(decoding: bytes)
            #expect(try Message(decoding: message.encoded()) == message)
        } catch {
            #expect(error.code == .invalidRequest)
        }
    }
}

/// A generator whose failures can be repeated.
///
/// Source: the SplitMix64 algorithm, public domain.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
