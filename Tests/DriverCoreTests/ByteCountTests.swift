import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct ByteCountTests {
    @Test(
        arguments: [
            ("1073741824", 1 << 30), ("10Gi", 10 << 30), ("512Mi", 512 << 20), ("1k", 1000),
            ("2Ti", 2 << 40), ("0", 0),
        ] as [(String, Int64)]
    )
    func `reads Kubernetes quantities`(text: String, bytes: Int64) {
        #expect(ByteCount(parsing: text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "Gi", "-1", "1.5Gi", "10gi", "9223372036854775807Ki", "1 Gi", "１Gi", "1\u{212A}i",
        "1Gi\u{301}", "1\u{301}Gi", "+1Gi",
    ])
    func `refuses what is no quantity`(text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test func `rounds up to the unit and says so when that overflows`() {
        let unit = ByteCount.kibibytes(4)
        #expect(ByteCount(1).roundedUp(toMultipleOf: unit) == unit)
        #expect(unit.roundedUp(toMultipleOf: unit) == unit)
        #expect(ByteCount(.max).roundedUp(toMultipleOf: unit) == nil)
    }

    @Test func `never overflows a sum and never goes below zero`() {
        #expect(ByteCount(.max) + ByteCount(1) == ByteCount(.max))
        #expect(ByteCount(1) - ByteCount(2) == .zero)
    }
}
