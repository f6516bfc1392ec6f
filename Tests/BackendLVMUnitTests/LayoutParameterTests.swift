import Backend
import BackendLVM
import DriverCore
import Testing

@Suite(.timeLimit(.minutes(5))) struct LayoutParameterTests {
    private func layout(_ parameters: [String: String]) throws(DriverError) -> Layout? {
        try Layout.parameters.read(parameters) as? Layout
    }

    @Test(arguments: ["volumegroup", "vgname", "thinpool"])
    func `a class that names what only a tier names is told of the tier`(word: String) {
        #expect(Layout.parameters.synonyms[word] == "tier")
    }

    @Test func `a class without such parameters leaves the layout to its tier`() throws {
        #expect(try layout([:]) == nil)
        #expect(try layout(["tier": "fast", "csi.storage.k8s.io/fstype": "xfs"]) == nil)
    }

    @Test(
        arguments: [
            (["raid": "raid1"], Layout(raid: .raid1)),
            (["raid": "raid1", "stripes": "1"], Layout(raid: .raid1)),
            (["raid": "raid5"], Layout(raid: .raid5, stripes: 2)),
            (["raid": "raid6", "stripes": "4"], Layout(raid: .raid6, stripes: 4)),
            (["raid": "raid10", "stripes": "32"], Layout(raid: .raid10, stripes: 32)),
            (["raid": "none"], .linear), (["stripes": "1"], .linear),
            (["raid": "none", "stripes": "3"], Layout(stripes: 3)),
            (["stripes": "128"], Layout(stripes: 128)),
            (
                ["raid": "raid0", "stripeSize": "128Ki"],
                Layout(raid: .raid0, stripes: 2, stripeSize: .kibibytes(128))
            ),
            (
                ["stripes": "2", "stripeSize": "1048576"],
                Layout(stripes: 2, stripeSize: .mebibytes(1))
            ),
        ] as [([String: String], Layout)]
    )
    func `any of them is a whole layout`(parameters: [String: String], expected: Layout) throws {
        #expect(try layout(parameters) == expected)
    }

    @Test(
        arguments: [
            (["raid": "mirror"], "none, raid0, raid1, raid5, raid6, raid10"),
            (["raid": "RAID1"], "parameter 'raid' is 'RAID1'"), (["raid": ""], "accepted"),
            (["stripes": "0"], "1 to 128"), (["stripes": "129"], "1 to 128"),
            (["stripes": "two"], "'stripes' is 'two'"), (["stripes": ""], "1 to 128"),
            (["stripes": "-2"], "1 to 128"), (["stripes": "2.0"], "1 to 128"),
            (["raid": "raid1", "stripes": "2"], "only 1 with raid1"),
            (["raid": "raid0", "stripes": "1"], "2 to 64 with raid0"),
            (["raid": "raid5", "stripes": "64"], "2 to 63 with raid5"),
            (["raid": "raid6", "stripes": "2"], "3 to 62 with raid6"),
            (["raid": "raid10", "stripes": "33"], "2 to 32 with raid10"),
            (["stripes": "2", "stripeSize": "2Ki"], "a power of two from 4Ki to 1Mi"),
            (["stripes": "2", "stripeSize": "2Mi"], "a power of two"),
            (["stripes": "2", "stripeSize": "96Ki"], "a power of two"),
            (["stripes": "2", "stripeSize": "64k"], "a power of two"),
            (["stripeSize": "64Ki"], "only with more than one stripe"),
            (["raid": "raid1", "stripeSize": "64Ki"], "only with more than one stripe"),
        ] as [([String: String], String)]
    )
    func `what LVM would refuse, or take for something else, is refused`(
        parameters: [String: String],
        words: String
    ) {
        do throws(DriverError) {
            let layout = try layout(parameters)
            Issue.record("\(parameters) is \(String(describing: layout))")
        } catch {
            #expect(error.code == .invalidRequest)
            #expect(error.message.contains(words), "\(error)")
        }
    }
}
