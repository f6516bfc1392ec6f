import Backend
import CSIMessages
import CSIServing
import DriverCore
import NodeStorage
import Testing

@testable import CSIServices

@Suite(.timeLimit(.minutes(5))) struct ParameterTests {
    @Test func `standard keys are accepted and not kept`() throws {
        let parameters = try VolumeParameters(
            [
                "tier": "fast", "csi.storage.k8s.io/fstype": "xfs",
                "csi.storage.k8s.io/pvc/name": "data", "csi.storage.k8s.io/pv/anything": "x",
            ],
            []
        )
        #expect(parameters.kept == ["tier": "fast"])
        #expect(parameters.claim.claim == "data")
        #expect(parameters.filesystem == .xfs)
    }

    @Test(arguments: ["Tier", "iops", "fstype", ""])
    func `an unknown key is refused by name`(key: String) {
        #expect(
            code { () throws(DriverError) in _ = try VolumeParameters([key: "x"], []) }
                == .invalidRequest
        )
    }

    @Test func `a map above 4 KiB is refused`() {
        let long = String(repeating: "x", count: 4096)
        #expect(
            code { () throws(DriverError) in _ = try VolumeParameters(["tier": long], []) }
                == .invalidRequest
        )
    }

    @Test(arguments: [
        VolumeCapability.AccessMode.Mode.multiNodeReaderOnly, .multiNodeSingleWriter,
        .multiNodeMultiWriter, .unknown, .unrecognized(99),
    ])
    func `an access mode of several nodes is refused`(mode: VolumeCapability.AccessMode.Mode) {
        let capability = VolumeCapability(
            accessType: .mount(.init()),
            accessMode: .init(mode: mode)
        )
        #expect(
            code { () throws(DriverError) in _ = try VolumeAccess(capability) } == .invalidRequest
        )
    }

    @Test(arguments: [
        "a\u{0}b", "a\u{1f}", "a\u{7f}", "a\u{9f}", "", String(repeating: "n", count: 129),
    ])
    func `a name outside of the limits is refused`(name: String) {
        #expect(
            code { () throws(DriverError) in try RequestLimits.checkName(name) } == .invalidRequest
        )
    }

    @Test(arguments: ["pvc-1", "ключ", "tab\there", String(repeating: "n", count: 128)])
    func `any other name is taken`(name: String) {
        #expect(code { () throws(DriverError) in try RequestLimits.checkName(name) } == nil)
    }
}
