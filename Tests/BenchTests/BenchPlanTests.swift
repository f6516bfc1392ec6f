import Testing

@testable import cairn

@Suite(.timeLimit(.minutes(5))) struct BenchPlanTests {
    @Test(arguments: [
        (100, []), (1000, ["1 to 100", "901 to 1000"]),
        (10_000, ["1 to 100", "901 to 1000", "9901 to 10000"]),
    ])
    func `creates are told apart by the volumes before them`(volumes: Int, names: [String]) {
        let windows = BenchPlan.windows(of: volumes)
        #expect(windows.map(\.name) == names.map { "CreateVolume, \($0)" })
        #expect(windows.allSatisfy { $0.calls.count == 100 })
    }

    @Test func `without mounts the mount cycle is left out`() {
        #expect(plan(mounts: 0).mounting().isEmpty)
    }

    @Test func `what is staged is unstaged as often`() {
        let steps = plan(mounts: 5).mounting().map(\.operation)
        #expect(steps.filter { $0.hasPrefix("NodeStage") }.count == 2)
        #expect(steps.filter { $0.hasPrefix("NodeUnstage") }.count == 2)
        #expect(
            steps.filter { $0.hasPrefix("NodePublish") }.count
                == steps.filter { $0.hasPrefix("NodeUnpublish") }.count
        )
    }

    @Test func `a create that was not answered is still to be cleaned up`() {
        let made = MadeVolumes()
        made.began(1)
        #expect(made.all.volumes.count == 1)
        #expect(made.id(1) == nil)
        made.created(1, id: "v")
        made.began(1)
        #expect(made.id(1) == "v")
        made.deleted(1)
        #expect(made.all.volumes.isEmpty)
    }

    private func plan(mounts: Int) -> BenchPlan {
        BenchPlan(volumes: 10, calls: 10, mounts: mounts, cycles: 3, pageSize: 100)
    }
}
