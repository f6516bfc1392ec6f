import DriverCore
import NodeStorage
import Testing

@testable import CSIServices

@Suite(.timeLimit(.minutes(5))) struct SpellingTests {
    @Test(arguments: [
        ("fsType", "csi.storage.k8s.io/fstype"), ("fstype", "csi.storage.k8s.io/fstype"),
        ("FSTYPE", "csi.storage.k8s.io/fstype"), ("fs-type", "csi.storage.k8s.io/fstype"),
        ("csi.storage.k8s.io/fsType", "csi.storage.k8s.io/fstype"),
        ("filesystem", "csi.storage.k8s.io/fstype"), ("Tier", "tier"), ("teir", "tier"),
        ("mkfsoptions", "mkfsOptions"), ("mkfsOption", "mkfsOptions"),
        ("mkfs-options", "mkfsOptions"), ("formatOptions", "mkfsOptions"),
        ("deviceClass", "tier"), ("allowvolumemodechange", "allowVolumeModeChange"),
    ])
    func `a class's key in another spelling is known`(key: String, meant: String) {
        let error = #expect(throws: DriverError.self) { try VolumeParameters([key: "x"], []) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("(did you mean '\(meant)'?)") ?? false, "\(key)")
    }

    @Test(arguments: ["color", "iops", "", "x", "/", "csi.storage.k8s.io/", "\u{301}"])
    func `what is like no key gets no advice`(key: String) {
        let error = #expect(throws: DriverError.self) { try VolumeParameters([key: "x"], []) }
        #expect(error?.message.contains("did you mean") == false)
    }

    @Test func `a key of a sidecar is ignored by GetCapacity alone`() throws {
        let parameters = ["csi.storage.k8s.io/of-a-later-release": "x"]
        #expect(try VolumeParameters(parameters, [], for: .capacity).kept.isEmpty)
        #expect(throws: DriverError.self) { try VolumeParameters(parameters, []) }
    }

    /// Swift takes the slash and the sign behind it for one character.
    @Test func `a joining sign hides no key`() {
        let hidden = "csi.storage.k8s.io/\u{301}fstype"
        #expect(throws: DriverError.self) { try VolumeParameters([hidden: "xfs"], []) }
        #expect(throws: DriverError.self) { try VolumeContext.check(["fstype\u{301}": "xfs"]) }
        #expect(throws: DriverError.self) { try InlineAttributes(["size\u{301}": "1Gi"]) }
    }
}
