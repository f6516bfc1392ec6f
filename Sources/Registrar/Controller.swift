import CSIClient
import CSIMessages
import DriverCore
import GRPCRuntime
import Logging
import Synchronization

/// One replica of the controller, as this node knows it.
final class Controller: Sendable {
    private struct State {
        var channel: Channel?
        /// Registrations in a row that got no answer in time.
        var timeouts = 0
        /// Whether the channel has carried a registration.
        var isConnected = false
        /// Whether the controller asks for the connection to be closed after each registration.
        var disconnects = false
        /// What was logged last; nil while registrations succeed.
        var failure: String?
        var isKnown = false
        /// The number of nodes that it reported at the last registration.
        var knownNodes: Int64 = 0
        /// When it accepted the registration, or when it became known.
        var lastContact = ContinuousClock.now
    }

    /// A controller whose clock differs by more is reported.
    private static let clockTolerance: UInt64 = 5_000_000_000
    /// A connection that is still being made is given up after so many tries.
    private static let patientTries = 3

    private let endpoint: Endpoint
    private let tls: TLSFiles
    private let claim: IDClaim
    private let logger: Logger
    private let count: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// `count` gets the gRPC code of each registration.
    init(
        _ endpoint: Endpoint,
        tls: TLSFiles,
        claim: IDClaim,
        logger: Logger,
        count: @escaping @Sendable (String) -> Void
    ) {
        self.count = count
        self.endpoint = endpoint
        self.tls = tls
        self.claim = claim
        var logger = logger
        logger[metadataKey: "controller"] = "\(endpoint)"
        self.logger = logger
    }

    var lastContact: ContinuousClock.Instant { state.withLock(\.lastContact) }

    var knownNodes: Int64 { state.withLock(\.knownNodes) }

    /// Registers, and returns when to register again; nil where the controller did not accept it.
    func register(_ request: RegisterRequest, atMost patience: Duration) async -> Duration? {
        do throws(RPCFailure) {
            let answer = try await client().call(request, timeout: patience)
            count("OK")
            claim.grant(by: endpoint)
            succeeded(answer, request)
            if answer.disconnect { await close() }
            return .seconds(max(1, min(answer.intervalSeconds, 60)))
        } catch {
            count(error.code.name)
            failed(error)
            if DriverError(error).code == .conflict {
                claim.refuse(by: endpoint, DriverError(error).message)
            }
            if isToClose(after: error) { await close() }
            return nil
        }
    }

    /// Whether to open a new connection for the next try.
    ///
    /// A refused certificate is that of the connection: only a new one shows a file that has changed.
    private func isToClose(after failure: RPCFailure) -> Bool {
        switch DriverError(failure).code {
        // It names another node, or none where the node had shown its name before.
        case .invalidRequest, .conflict: true
        case .timedOut: isDead()
        default: failure.code.refusesCaller || state.withLock(\.disconnects)
        }
    }

    /// Whether to open a new connection after a registration without an answer.
    ///
    /// One that worked may be dead without a sign. One that is still being made is left to go on for a
    /// while: a controller that has just started takes its time for thousands of handshakes, and each
    /// that is given up makes the others wait longer.
    private func isDead() -> Bool {
        state.withLock { state in
            state.timeouts += 1
            return state.isConnected || state.timeouts >= Self.patientTries
        }
    }

    func leave(_ request: LeaveRequest) async {
        do throws(RPCFailure) {
            _ = try await client().call(request, timeout: .seconds(2))
        } catch {
            logger.info(
                "cannot tell a controller that this node stops",
                metadata: ["error": "\(error)"]
            )
        }
        await close()
    }

    /// Closes the connection to an address that is no controller any longer.
    func end() async {
        claim.grant(by: endpoint)
        await close()
    }

    private func close() async {
        let channel = state.withLock { state in
            (state.timeouts, state.isConnected) = (0, false)
            return state.channel.take()
        }
        await channel?.close()
    }

    private func client() throws(RPCFailure) -> CSIClient {
        let result = state.withLock { state -> Result<Channel, DriverError> in
            if let channel = state.channel { return .success(channel) }
            var options = ChannelOptions(tls: tls)
            options.serverName = PeerRole.controllerName
            do throws(DriverError) {
                let channel = try Channel(to: endpoint, options: options)
                state.channel = channel
                return .success(channel)
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let channel): return CSIClient(channel: channel)
        case .failure(let error): throw RPCFailure(.unavailable, error.message)
        }
    }

    /// Logged once for each change, not every ten seconds.
    private func succeeded(_ answer: RegisterResponse, _ request: RegisterRequest) {
        let isNew = state.withLock { state in
            defer {
                (state.failure, state.isKnown) = (nil, true)
                state.knownNodes = answer.knownNodes
                state.disconnects = answer.disconnect
                (state.isConnected, state.timeouts, state.lastContact) = (true, 0, .now)
            }
            return !state.isKnown || state.failure != nil
        }
        guard isNew else { return }
        logger.info(
            "registered with the controller",
            metadata: ["controller_version": "\(answer.controllerVersion)"]
        )
        let (offset, isOver) = request.clockUnixNanoseconds.subtractingReportingOverflow(
            answer.clockUnixNanoseconds
        )
        guard isOver || offset.magnitude > Self.clockTolerance else { return }
        logger.warning(
            "the clock of this node differs from the controller's; set the clock (NTP)",
            metadata: ["seconds_ahead": "\(offset / 1_000_000_000)"]
        )
    }

    private func failed(_ failure: RPCFailure) {
        let text = "\(failure)"
        let isNew = state.withLock { state in
            state.knownNodes = 0
            defer { state.failure = text }
            return state.failure != text
        }
        guard isNew else { return }
        logger.warning("cannot register with the controller", metadata: ["error": "\(text)"])
    }
}
