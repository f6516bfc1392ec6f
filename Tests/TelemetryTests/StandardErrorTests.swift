import Glibc
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(5))) struct StandardErrorTests {
    @Test func `a process logs to standard error`() async throws {
        let result = try await #require(
            processExitsWith: .success,
            observing: [\.standardErrorContent]
        ) {
            bootstrapLogging(format: .text, level: .info)
            let logger = Logger(label: "test")
            logger.debug("too little")
            logger.info("enough", metadata: ["k": "v"])
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.contains("Z INFO enough k=v\n"))
        #expect(!text.contains("too little"))
    }

    @Test func `each line is one write`() async {
        await #expect(processExitsWith: .success) {
            // A socket of packets keeps the borders between writes.
            var ends: [CInt] = [-1, -1]
            precondition(
                unsafe socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &ends) == 0
            )
            precondition(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO)
            bootstrapLogging(format: .json, level: .info)
            let logger = Logger(label: "test")
            for _ in 0..<3 {
                logger.info("m", metadata: ["k": "\(String(repeating: "x", count: 4000))"])
            }
            for _ in 0..<3 {
                var packet = [UInt8](repeating: 0, count: 1 << 16)
                let count = unsafe read(ends[0], &packet, packet.count)
                precondition(count > 4000)
                precondition(packet[0] == UInt8(ascii: "{"))
                precondition(packet[..<count].filter { $0 == 0x0a }.count == 1)
                precondition(packet[count - 1] == 0x0a)
            }
        }
    }
}
