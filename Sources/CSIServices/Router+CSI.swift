internal import CSIMessages
internal import DriverCore
internal import GRPCRuntime
internal import Logging

/// A handler of one CSI method, in domain terms.
typealias CSIHandler<Request: CSIRequest> =
    @Sendable (Request, CallContext) async throws(DriverError) -> Request.Response

extension Router {
    /// Serves one method: decode, handle, encode, and one log line at the end.
    mutating func serve<Request: CSIRequest & LoggedRequest>(
        _ request: Request.Type,
        logger: Logger,
        _ handler: @escaping CSIHandler<Request>
    ) {
        let log = CallLog(method: Request.method, isRoutine: Request.isRoutine, logger: logger)
        unary(Request.method) { (bytes, context) async throws(RPCFailure) -> [UInt8] in
            let started = ContinuousClock.now
            var fields: [(String, String)] = []
            do throws(DriverError) {
                let message = try Request(decoding: bytes)
                fields = message.logFields
                let answer = try await handler(message, context).encoded()
                log.ended(fields, after: .now - started, failure: nil)
                return answer
            } catch {
                log.ended(fields, after: .now - started, failure: error)
                throw RPCFailure(error)
            }
        }
    }
}

extension Router {
    /// The same for a handler that needs nothing but the request.
    mutating func serve<Request: CSIRequest & LoggedRequest>(
        _ request: Request.Type,
        logger: Logger,
        _ handler: @escaping @Sendable (Request) async throws(DriverError) -> Request.Response
    ) {
        serve(request, logger: logger) { (request, _) async throws(DriverError) in
            try await handler(request)
        }
    }
}

/// The one line that each call leaves.
private struct CallLog: Sendable {
    let method: String
    /// Polled by sidecars many times a minute; told at debug level while it succeeds.
    let isRoutine: Bool
    let logger: Logger

    func ended(_ fields: [(String, String)], after duration: Duration, failure: DriverError?) {
        let code = failure.map { StatusCode($0.code) } ?? .ok
        let level: Logger.Level =
            switch code {
            case .ok: isRoutine ? .debug : .info
            case .internalError, .unavailable, .dataLoss: .error
            default: .warning
            }
        guard logger.logLevel <= level else { return }
        var metadata: Logger.Metadata = [
            "method": "\(method.dropFirst(1))", "code": "\(code.name)",
            "duration_ms": "\(Self.milliseconds(duration))",
        ]
        for (key, value) in fields { metadata[key] = "\(value)" }
        if let failure { metadata["error"] = "\(failure)" }
        logger.log(
            level: level,
            failure == nil ? "call succeeded" : "call failed",
            metadata: metadata
        )
    }

    /// With three decimals, without Foundation.
    private static func milliseconds(_ duration: Duration) -> String {
        let parts = duration.components
        let micros = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
        let decimals = String(micros % 1000)
        return "\(micros / 1000).\(String(repeating: "0", count: 3 - decimals.count))\(decimals)"
    }
}
