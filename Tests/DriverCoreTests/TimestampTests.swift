import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5)))
struct TimestampTests {
    @Test(arguments: [
        (Timestamp(seconds: 1_795_381_121, nanoseconds: 42), Int64(1_795_381_121_000_000_042)),
        (Timestamp(seconds: -1, nanoseconds: 999_999_999), Int64(-1)),
        (Timestamp(seconds: 0, nanoseconds: 0), Int64(0)),
    ])
    func `nanoseconds since 1970 are a time again`(_ time: Timestamp, _ nanoseconds: Int64) {
        #expect(time.unixNanoseconds == nanoseconds)
        #expect(Timestamp(unixNanoseconds: nanoseconds) == time)
    }

    /// A record with a damaged time must not end the driver.
    @Test(arguments: [
        (Timestamp(seconds: .max, nanoseconds: 999_999_999), Int64.max),
        (Timestamp(seconds: .max / 1_000_000_000, nanoseconds: 999_999_999), Int64.max),
        (Timestamp(seconds: .min, nanoseconds: 0), Int64.min),
    ])
    func `a time out of range is the nearest in range`(_ time: Timestamp, _ nanoseconds: Int64) {
        #expect(time.unixNanoseconds == nanoseconds)
    }
}
