import ArgumentParser
import Backend
import CSIMessages
import Configuration
import GRPCRuntime

/// The command `cairn tier list`.
struct TierList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tiers and the room for new volumes.",
        discussion: """
            The driver reports how much is available. CSI has no call for the names and sizes of the \
            tiers: they come from the tiers file and the pools. If these cannot be read, the command \
            shows only the default tier.

            TOTAL is the size that the volumes may have together. AVAILABLE is what is left of it for new \
            volumes, LARGEST the largest new volume. USED is the share that is promised to volumes, \
            whether they have written to it or not. How much they have written is the metric \
            cairn_tier_used_ratio.

            Example:
              cairn tier list
              cairn tier list --config tiers.yaml --output json
            """
    )

    @OptionGroup var state: StateOptions
    @OptionGroup var client: ClientOptions

    func run() async throws {
        let node = try LocalNode(config: client.namedConfig, on: state.quietHost)
        let tiers = try await Session.with(client) { session in
            guard let tiers = node.tiers else { return [try await defaultTier(session)] }
            var views: [TierView] = []
            for tier in tiers {
                views.append(try await view(of: tier, node.inspections[tier.name], session))
            }
            return views
        }
        try client.output.write(tiers, text: TierView.table(tiers))
        for tier in tiers where tier.state == .notServed {
            Console.note(
                "the driver makes no volumes in tier '\(tier.name ?? "")' now: if the tier was added to "
                    + "the tiers file after the driver's start, restart the driver; else the node may "
                    + "have all volumes that it may have (--max-volumes), or 'cairn doctor' says why"
            )
        }
        if node.tiers == nil {
            Console.note(
                "cannot read \(NodeOptions.defaultConfig), so only the default tier is shown: name "
                    + "the tiers file with --config"
            )
        }
    }

    private func defaultTier(_ session: Session) async throws -> TierView {
        let answer = try await session.read(
            GetCapacityRequest(),
            to: "ask for the capacity of the default tier"
        )
        return TierView(default: answer)
    }

    private func view(
        of tier: TierConfiguration,
        _ inspection: (any TierInspection)?,
        _ session: Session
    ) async throws -> TierView {
        do throws(RPCFailure) {
            let answer = try await session.readOrCode(
                GetCapacityRequest(parameters: ["tier": tier.name])
            )
            return TierView(tier, inspection, answer)
        } catch {
            // The file knows a tier that the driver, started before, does not.
            if error.code == .invalidArgument { return TierView(tier, inspection, nil) }
            throw CommandFailure(error, during: "ask for the capacity of tier '\(tier.name)'")
        }
    }
}
