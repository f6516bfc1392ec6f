import Configuration
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExampleTests {
    @Test func `the example of the deploy folder is a tiers file`() throws {
        let path = "deploy/examples/tiers.yaml"
        let text = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let file = try TiersFile(parsing: text, file: path, kinds: kinds)
        #expect(file.tiers.map(\.name) == ["scratch", "database"])
        #expect(file.tiers.first?.isDefault == true)
    }
}
