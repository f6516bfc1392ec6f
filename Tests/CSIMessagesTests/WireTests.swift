import CSIMessages
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct WireTests {
    @Test(arguments: allSamples)
    func `a message is encoded to the bytes of another implementation`(sample: MessageSample)
        throws
    {
        #expect(try sample.message.encoded() == sample.bytes)
    }

    @Test(arguments: allSamples)
    func `a message is decoded from the bytes of another implementation`(sample: MessageSample)
        throws
    {
        try expectDecoding(sample.message, from: sample.bytes)
    }

    @Test(arguments: allSamples)
    func `a message without fields is no bytes, and no bytes are a message without fields`(
        sample: MessageSample
    ) throws {
        let empty = type(of: sample.message).init()
        #expect(try empty.encoded() == [])
        try expectDecoding(empty, from: [])
    }

    private func expectDecoding<Message: CSIMessage>(_ expected: Message, from bytes: [UInt8])
        throws
    {
        #expect(try Message(decoding: bytes) == expected)
    }
}
