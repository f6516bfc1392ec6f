import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct ObjectIDTests {
    private static let node = String(repeating: "0a", count: 32)
    private static let name = String(repeating: "f1", count: 32)

    @Test func `an id is cut from both digests and reads back`() {
        let id = VolumeID(nodeDigest: Self.node, nameDigest: Self.name)
        #expect(id.text == "v1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1")
        #expect(id.text.utf8.count == 52)
        #expect(VolumeID(parsing: id.text) == id)
        #expect(id.nodeDigest == "0a0a0a0a0a0a0a0a")
    }

    @Test(arguments: [
        "", "fake-vol-id", "v1-", "../../etc/passwd",
        "s1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1",
        "v1-0A0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1",
        "v1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
        "v1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1/",
        "v1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1-",
        "v1-0a0a0a0a0a0a0a0a-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1é",
    ])
    func `nothing but the exact grammar is an id`(text: String) {
        #expect(VolumeID(parsing: text) == nil)
    }
}
