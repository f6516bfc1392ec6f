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

    @Test func `is promised several times without an overflow`() {
        #expect(ByteCount(10).overcommitted(1) == ByteCount(10))
        #expect(ByteCount(10).overcommitted(2.55) == ByteCount(25))
        #expect(ByteCount(10).overcommitted(0.5) == ByteCount(5))
        #expect(ByteCount(.max).overcommitted(1) == ByteCount(.max))
        #expect(ByteCount(.max / 2).overcommitted(3) == ByteCount(.max))
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (1 << 20, "1Mi (1048576 bytes)"),
            (5_905_580_032, "5.50Gi (5905580032 bytes)"),
            ((1 << 30) - 1, "1023.99Mi (1073741823 bytes)"),
            ((1 << 30) + (11 << 20), "1.01Gi (1085276160 bytes)"),
            (10 << 40, "10Ti (10995116277760 bytes)"),
            (.max, "8388607.99Ti (9223372036854775807 bytes)"),
        ] as [(Int64, String)]
    )
    func `says every size in one style, readable and exact`(bytes: Int64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
