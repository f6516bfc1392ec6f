import BackendLVM
import Host

/// Which stories are cut, and where.
enum CrashTrials {
    /// What the command before has done is what the next one finds, so that a kill after each leaves
    /// every state that there is.
    static func kills(_ kind: TestTier.Kind) -> [CrashTrial] {
        let restores = kind == .thin ? [CrashStory.restore(kind)] : []
        let commands = (stories(kind) + restores).map {
            CrashTrial(story: $0, point: .lvmCommandDone)
        }
        let others = [
            CrashTrial(story: .create(kind), point: .lvmCommandNext, passing: 1),
            CrashTrial(story: .activate, point: .lvmDeviceFound, passing: 1),
        ]
        return commands + others + (kind == .thick ? parts : [])
    }

    /// Every command fails before it has done anything, and after it has done all.
    static func failures(_ kind: TestTier.Kind) -> [CrashTrial] {
        let commands = stories(kind).flatMap { story in
            [
                CrashTrial(story: story, point: .lvmCommandNext),
                CrashTrial(story: story, point: .lvmCommandDone),
            ]
        }
        let found = CrashTrial(story: .activate, point: .lvmDeviceFound, passing: 1)
        let all = commands + [found] + (kind == .thick ? parts : [])
        return all.enumerated().map { index, trial in
            var trial = trial
            // A final code is the one that promises most.
            trial.action = index % 4 == 3 ? .eio : .enospc
            return trial
        }
    }

    private static func stories(_ kind: TestTier.Kind) -> [CrashStory] {
        [
            .create(kind), .largerRestore(kind), .clone(kind), .snapshot(kind), .expand(kind),
            .deleteVolume, .deleteSnapshot, .format, .activate,
        ]
    }

    private static let parts: [CrashTrial] = [
        CrashTrial(story: .create(.thick), point: .devicePartZeroed, passing: 1),
        CrashTrial(story: .clone(.thick), point: .devicePartCopied, passing: 2),
        CrashTrial(story: .largerRestore(.thick), point: .devicePartZeroed, passing: 1),
        CrashTrial(story: .expand(.thick), point: .devicePartZeroed, passing: 1),
    ]
}
