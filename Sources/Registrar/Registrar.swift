import CSIClient
package import CSIMessages
import DriverCore
package import GRPCRuntime
import Host
package import Logging
import Synchronization

/// Registers this node with every controller of the cluster, at intervals.
///
/// The node path does not depend on it: with all controllers away it goes on trying, and nothing
/// else changes.
package final class Registrar: Sendable {
    /// How often the names are resolved.
    private static let resolveInterval = Duration.seconds(10)
    /// After a round in which no controller answered.
    private static let retryInterval = Duration.seconds(2)
    /// Retries per second of all nodes together: a restarted controller makes a new connection for
    /// each.
    private static let retriesPerSecond: Double = 500
    private static let patience = Duration.seconds(5)
    /// How long the node remembers how many nodes there were: as long as controllers wait for one
    /// that is silent.
    private static let memory = Duration.seconds(600)

    /// Where controllers are: every address of the host.
    package struct Place: Sendable, Hashable {
        package let host: String
        package let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    private struct State {
        /// The controllers at the addresses that the names resolved to last.
        var controllers: [Place: Controller] = [:]
        /// The last registration; nil before the first one.
        var last: RegisterRequest?
        /// The interval that a controller asked for.
        var interval = Duration.seconds(10)
        /// The highest number of nodes that a controller reported, and when.
        var knownNodes: (count: Int64, at: ContinuousClock.Instant) = (0, .now)
        /// Names that have no address, as logged.
        var unresolved: Set<String> = []
        /// How registrations ended, by their gRPC code.
        var registrations: [String: UInt64] = [:]
    }

    private let places: [Place]
    private let tls: TLSFiles
    private let claim: IDClaim
    private let report: @Sendable () async -> RegisterRequest
    private let logger: Logger
    private let resolver = BlockingPool(threads: 1)
    private let state = Mutex(State())

    /// `report` returns the node's present registration.
    package init(
        at places: [Place],
        tls: TLSFiles,
        claim: IDClaim,
        logger: Logger,
        report: @escaping @Sendable () async -> RegisterRequest
    ) {
        self.places = places
        self.tls = tls
        self.claim = claim
        self.logger = logger
        self.report = report
    }

    /// How registrations with any controller have ended, by their gRPC code.
    var registrations: [String: UInt64] { state.withLock(\.registrations) }

    /// The controllers that are known now, each with its last contact.
    var contacts: [(place: Place, last: ContinuousClock.Instant)] {
        state.withLock(\.controllers).map { ($0.key, $0.value.lastContact) }
            .sorted { ($0.place.host, $0.place.port) < ($1.place.host, $1.place.port) }
    }

    private func count(_ code: String) {
        state.withLock { $0.registrations[code, default: 0] += 1 }
    }

    /// Registers until the task is cancelled.
    ///
    /// Names are resolved beside that: with DNS away the known controllers still hear of the node.
    package func run() async {
        await resolve()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: Self.resolveInterval)) != nil {
                    await self.resolve()
                }
            }
            while !Task.isCancelled {
                let start = ContinuousClock.now
                let interval = await round()
                try? await Task.sleep(until: start + interval)
            }
            group.cancelAll()
        }
    }

    /// Tells every controller that this node stops; called after its last call has ended.
    package func leave() async {
        let (last, controllers) = state.withLock { ($0.last, Array($0.controllers.values)) }
        guard let last else { return }
        let farewell = LeaveRequest(
            nodeID: last.nodeID,
            bootID: last.bootID,
            instanceID: last.instanceID
        )
        await withTaskGroup(of: Void.self) { group in
            for controller in controllers {
                group.addTask { await controller.leave(farewell) }
            }
        }
    }

    /// One registration with each controller; the time from its start to the next.
    private func round() async -> Duration {
        var request = await report()
        let (controllers, patience) = state.withLock { state in
            request.knownNodes = state.knownNodes.count
            state.last = request
            return (Array(state.controllers.values), min(Self.patience, state.interval))
        }
        let answers = await withTaskGroup(of: Duration?.self) { group in
            for controller in controllers {
                group.addTask { [request] in
                    await controller.register(request, atMost: patience)
                }
            }
            return await group.reduce(into: [Duration?]()) { $0.append($1) }
        }
        remember(controllers.map(\.knownNodes).max() ?? 0)
        let asked = answers.compactMap(\.self).min()
        if let asked { state.withLock { $0.interval = asked } }
        return asked ?? retryInterval()
    }

    /// A random interval, so that not all nodes register at once.
    private func retryInterval() -> Duration {
        let nodes = Double(min(max(0, state.withLock(\.knownNodes.count)), 10_000))
        return Self.retryInterval + .seconds(.random(in: 0...nodes / Self.retriesPerSecond))
    }

    /// Remembers the highest number of nodes for a while: a controller that has just started knows
    /// fewer than there are.
    private func remember(_ count: Int64) {
        state.withLock { state in
            guard count >= state.knownNodes.count || .now - state.knownNodes.at > Self.memory else {
                return
            }
            state.knownNodes = (count, .now)
        }
    }

    /// Updates the addresses of the names; keeps all while one name has none.
    private func resolve() async {
        var found: Set<Place> = []
        var isComplete = true
        for place in places {
            guard let addresses = await addresses(of: place.host) else {
                isComplete = false
                continue
            }
            for address in addresses { found.insert(Place(host: address, port: place.port)) }
        }
        for controller in take(found, isComplete: isComplete) { await controller.end() }
    }

    /// Replaces the controllers, and returns those that are none any longer.
    private func take(_ found: Set<Place>, isComplete: Bool) -> [Controller] {
        state.withLock { state in
            for place in found where state.controllers[place] == nil {
                let endpoint = Endpoint.tcp(host: place.host, port: place.port)
                state.controllers[place] = Controller(
                    endpoint,
                    tls: tls,
                    claim: claim,
                    logger: logger
                ) { [weak self] in self?.count($0) }
            }
            guard isComplete else { return [] }
            let gone = state.controllers.filter { !found.contains($0.key) }
            for place in gone.keys { state.controllers[place] = nil }
            return Array(gone.values)
        }
    }

    /// nil where the name has no address now, which is logged once.
    private func addresses(of host: String) async -> [String]? {
        do throws(DriverError) {
            let addresses = try await resolver.run { () throws(DriverError) in
                try HostNames.addresses(of: host)
            }
            state.withLock { state in _ = state.unresolved.remove(host) }
            return addresses
        } catch {
            let isNew = state.withLock { $0.unresolved.insert(host).inserted }
            if isNew {
                logger.warning(
                    "cannot find a controller; the node tries again",
                    metadata: ["error": "\(error.message)"]
                )
            }
            return nil
        }
    }
}
