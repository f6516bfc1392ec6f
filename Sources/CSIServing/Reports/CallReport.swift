internal import DriverCore
package import GRPCRuntime
package import Logging

/// Times each call, and logs and counts how it ended: the outermost interceptor.
package struct CallReport: Sendable {
    private let logger: Logger
    private let figures: CallFigures

    package init(logger: Logger, figures: CallFigures) {
        self.logger = logger
        self.figures = figures
    }

    package func around(
        _ context: CallContext,
        _ next: () async throws(RPCFailure) -> Void
    ) async throws(RPCFailure) {
        let started = ContinuousClock.now
        do throws(RPCFailure) {
            try await next()
            ended(context, nil, after: .now - started)
        } catch {
            ended(context, error, after: .now - started)
            throw error
        }
    }

    private func ended(_ context: CallContext, _ failure: RPCFailure?, after duration: Duration) {
        let code = failure?.code ?? .ok
        figures.add(context.method, code.name, duration)
        let notes = context.notes
        let level = Self.level(code, notes)
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": "\(context.method.dropFirst(1))", "code": "\(code.name)",
            "duration_ms": "\(Self.milliseconds(duration))",
        ]
        for (key, value) in notes.fields { metadata[key] = "\(value)" }
        if let failure { metadata["error"] = "\(notes.error?.messageWithCause ?? failure.message)" }
        logger.log(
            level: level,
            failure == nil ? "call succeeded" : "call failed",
            metadata: metadata
        )
    }

    /// The log level: calls that sidecars repeat many times per minute are logged at debug while
    /// they succeed.
    ///
    /// The same holds for NOT_FOUND where the call asks whether something exists.
    private static func level(_ code: StatusCode, _ notes: CallNotes) -> Logger.Level {
        switch code {
        case .ok: notes.isRoutine ? .debug : .info
        case .notFound where notes.isLookUp: .debug
        case .internalError, .unavailable, .dataLoss: .error
        default: .warning
        }
    }

    /// With three decimals, without Foundation.
    private static func milliseconds(_ duration: Duration) -> String {
        let parts = duration.components
        let micros = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
        let decimals = String(micros % 1000)
        return "\(micros / 1000).\(String(repeating: "0", count: 3 - decimals.count))\(decimals)"
    }
}
