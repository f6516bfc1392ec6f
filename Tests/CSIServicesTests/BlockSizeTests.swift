import Backend
import DriverCore
import NodeStorage
import Testing

@testable import CSIServices

@Suite(.timeLimit(.minutes(5))) struct BlockSizeParameterTests {
    @Test(arguments: ["512", "4096"])
    func `either size is accepted and kept`(text: String) throws {
        let parameters = try VolumeParameters(["blockSize": text], [])
        #expect(parameters.blockSize?.rawValue == Int(text))
        #expect(parameters.kept == ["blockSize": text])
        #expect(try VolumeParameters([:], []).blockSize == nil)
    }

    @Test(arguments: ["", "1024", "4Ki", "4096 ", "0512", "+512", "８"])
    func `any other size is refused by name`(text: String) {
        let error = #expect(throws: DriverError.self) {
            _ = try VolumeParameters(["blockSize": text], [])
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("'blockSize'") ?? false)
        #expect(error?.message.contains("512, 4096") ?? false)
    }
}
