import Testing

@testable import Host

/// What is known of this kernel.
@Suite(.timeLimit(.minutes(5)))
struct FeatureTests {
    @Test func `this kernel has what the driver needs`() {
        #expect(HostFeatures.openat2() == .present)
        #expect(HostFeatures.mountSetattr() == .present)
        #expect(HostFeatures.loopConfigure() == .present)
    }

    @Test(arguments: [
        ("5.18.0-1-amd64", false), ("5.19.0", true), ("6.1.0-18-amd64", true), ("4.18.0", false),
        ("5.19-rc1", true), ("10.0", true),
    ])
    func `a release is compared by its numbers`(release: String, expected: Bool) {
        #expect(HostFeatures.isRelease(release, atLeast: 5, 19) == expected)
    }

    @Test(arguments: ["", "linux", "6"])
    func `a release that cannot be read is neither old nor new`(release: String) {
        #expect(HostFeatures.isRelease(release, atLeast: 5, 19) == nil)
    }
}
