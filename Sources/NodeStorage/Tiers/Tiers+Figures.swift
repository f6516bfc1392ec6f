internal import Backend
internal import DriverCore
internal import Logging

extension Tiers {
    /// The metrics of every tier, in their order; a tier that does not answer is not up.
    ///
    /// After them those that are not in the tiers file any more, where something of them is left.
    func figures() -> [(tier: String, figures: TierFigures)] {
        var figures: [(tier: String, figures: TierFigures)]
        figures = answers { (tier, it) in TierFigures(of: tier.name, it) }.map { tier, answer in
            switch answer {
            case .success(let figures): (tier.name, figures)
            case .failure(let error): (tier.name, TierFigures(unavailable: tier.name, error))
            }
        }
        for (name, problems) in formerProblems() {
            // A tier may have left one place for another.
            if let index = figures.firstIndex(where: { $0.tier == name }) {
                figures[index].figures.health.problems += problems
            } else {
                var health = TierHealth()
                health.problems = problems
                figures.append((name, TierFigures(former: health)))
            }
        }
        return figures
    }

    /// Logs each tier that was taken out of the tiers file while it still had volumes or snapshots.
    func reportFormer() {
        for (name, problems) in formerProblems() {
            for problem in problems {
                logger.error(
                    "a tier is no longer in the tiers file, but may have volumes",
                    metadata: [
                        "tier": "\(name)", "found": "\(problem.found)",
                        "advice": "\(problem.advice ?? "")",
                    ]
                )
            }
        }
    }

    private func formerProblems() -> [(tier: String, problems: [Finding])] {
        answers(of: former) { (_, it) in it.health().problems }.map { tier, answer in
            switch answer {
            case .success(let problems): (tier.name, problems)
            case .failure(let error): (tier.name, [Self.unanswered(tier.name, error)])
            }
        }.filter { !$0.problems.isEmpty }
    }

    private static func unanswered(_ tier: String, _ error: DriverError) -> Finding {
        .problem(
            .unknownTier,
            "tier \(tier)",
            error.message,
            "fix this, or put the tier back"
        )
    }
}
