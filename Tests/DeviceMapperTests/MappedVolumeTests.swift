import DeviceMapper
import Testing

@Suite(.timeLimit(.minutes(5))) struct MappedVolumeTests {
    private let group = "nqYIOB-vzdf-R3tL-bmWR-dI0V-ppvv-6Ob9HV"
    private let volume = "DxVeMV-Mdpx-K4sF-zo1l-dvo7-WO9A-rNn0lL"

    @Test func `the uuid of a volume is made of its group's and its own`() {
        #expect(
            MappedVolume.uuid(of: volume, group: group)
                == "LVM-nqYIOBvzdfR3tLbmWRdI0Vppvv6Ob9HVDxVeMVMdpxK4sFzo1ldvo7WO9ArNn0lL"
        )
    }

    @Test(arguments: [
        (MappedVolume.Layer.thinPool, "-tpool"), (.thinData, "-tdata"), (.thinMetadata, "-tmeta"),
        (.real, "-real"), (.copyOnWrite, "-cow"),
    ])
    func `a layer has the uuid of its volume with an ending`(
        layer: MappedVolume.Layer,
        ending: String
    ) {
        let plain = MappedVolume.uuid(of: volume, group: group)
        #expect(MappedVolume.uuid(of: volume, group: group, layer: layer) == plain + ending)
    }
}
