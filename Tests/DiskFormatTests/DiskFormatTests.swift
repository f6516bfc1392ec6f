import DriverCore
import Testing

@testable import DiskFormat

/// A file with one key of each kind.
private struct Sample: DiskFile {
    static let version = 2

    var size = ByteCount(5)
    var choice: FilesystemType?
    var unknown = UnknownKeys()

    private enum Key: String, CodingKey { case formatVersion, size, choice }

    init() {}

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decode(Int.self, forKey: .formatVersion))
        size = try keys.size(.size)
        choice = try keys.choiceIfPresent(.choice)
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(Self.version, forKey: .formatVersion)
        try keys.encode(size, forKey: .size)
        try keys.encodeIfPresent(choice?.rawValue, forKey: .choice)
        try unknown.encode(to: encoder)
    }
}

@Suite(.timeLimit(.minutes(5))) struct DiskFormatTests {
    private func read(_ text: String) throws(DriverError) -> Sample {
        try DiskFormat.decode(Sample.self, from: Array(text.utf8))
    }

    private func written(_ sample: Sample) throws(DriverError) -> String {
        String(decoding: try DiskFormat.encode(sample), as: UTF8.self)
    }

    @Test func `keys are sorted, slashes are plain and the file ends with its line`() throws {
        var sample = Sample()
        sample.choice = .xfs
        #expect(
            try written(sample) == """
                {
                  "choice" : "xfs",
                  "formatVersion" : 2,
                  "size" : 5
                }

                """
        )
    }

    @Test(
        arguments: [
            "null", "true", "false", "0", "-9223372036854775808", "18446744073709551615", "0.5",
            "\"\"", "\"a\\/b \u{1F4BE}\"", "[]", "{}",
            "[null,1,[\"x\"],{\"deep\":{\"er\":[true]}}]",
        ])
    func `an unknown key is written back as it was read`(value: String) throws {
        let sample = try read("{\"formatVersion\":1,\"size\":5,\"later\":\(value)}")
        #expect(!sample.unknown.isEmpty)
        let again = try read(written(sample))
        #expect(again == sample)
        let expected = "{\"formatVersion\":2,\"size\":5,\"later\":\(value)}"
        #expect(try written(sample) == written(read(expected)))
        #expect(try written(sample).contains("\"later\" : "))
    }

    @Test func `a change of a known key leaves the unknown ones`() throws {
        var sample = try read("{\"formatVersion\":2,\"size\":5,\"limits\":{\"iops\":100}}")
        sample.size = ByteCount(6)
        let text = try written(sample)
        #expect(text.contains("\"size\" : 6"))
        #expect(text.contains("\"iops\" : 100"))
    }

    @Test(arguments: [0, -1, 3, 99])
    func `a version of another driver is refused by name`(version: Int) {
        let error = #expect(throws: DriverError.self) {
            _ = try read("{\"formatVersion\":\(version),\"size\":[],\"new\":true}")
        }
        #expect(error?.code == .hostFailure)
        #expect(error?.message.contains("format version \(version) is unknown") ?? false)
    }

    @Test(
        arguments: [
            ("", "valid JSON"), ("{", "valid JSON"), ("[1]", "not a JSON object"),
            ("\u{0}\u{0}\u{0}", "valid JSON"), ("{}", "'formatVersion' is missing"),
            ("{\"formatVersion\":1}", "'size' is missing"),
            ("{\"formatVersion\":\"1\",\"size\":5}", "'formatVersion' is not of type Int"),
            ("{\"formatVersion\":1,\"size\":null}", "'size' has no value"),
            ("{\"formatVersion\":1,\"size\":-5}", "-5 is not a size"),
            ("{\"formatVersion\":1,\"size\":1e99}", "valid JSON"),
            ("{\"formatVersion\":1,\"size\":5,\"choice\":\"zfs\"}", "'zfs' is unknown"),
        ])
    func `damage is named and never taken for a default`(text: String, reason: String) {
        let error = #expect(throws: DriverError.self) { _ = try read(text) }
        #expect(error?.code == .hostFailure)
        #expect(error?.message.contains(reason) ?? false, "\(error?.message ?? "")")
    }

    @Test func `an optional key may be missing or null`() throws {
        #expect(try read("{\"formatVersion\":1,\"size\":5}").choice == nil)
        #expect(try read("{\"formatVersion\":1,\"size\":5,\"choice\":null}").choice == nil)
        #expect(try read("{\"formatVersion\":1,\"size\":5,\"choice\":null}").unknown.isEmpty)
    }
}
