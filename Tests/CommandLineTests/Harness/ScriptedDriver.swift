import CSIMessages
import DriverCore
import GRPCRuntime
import Synchronization
import TestSupport

/// A driver in the tests' own process that answers CreateVolume as a test says, call by call.
struct ScriptedDriver {
    enum Answer: Sendable {
        /// Waits until the caller gives up.
        case silence
        case failure(StatusCode, String, progress: Int? = nil)
        case success

        /// ABORTED as a driver answers it while a copy runs.
        static func busy(_ progress: Int?) -> Answer {
            .failure(.aborted, "v: CreateVolume is still running", progress: progress)
        }
    }

    let endpoint: String

    /// Serves while the body runs; the last answer is repeated.
    static func serve(
        _ answers: [Answer],
        _ body: (ScriptedDriver) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let driver = ScriptedDriver(endpoint: "unix://\(folder.path)/csi.sock")
            let configuration = ServerConfiguration(
                endpoints: [try Endpoint(parsing: driver.endpoint)]
            )
            let server = try Server(configuration, router: router(Script(answers)))
            async let serving: Void = server.serve()
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(driver))
            } catch {
                outcome = .failure(error)
            }
            server.shutdown(grace: .zero)
            await serving
            try outcome.get()
        }
    }

    /// `volume create data` against this driver.
    func create(onTerminal: Bool = false, _ options: String...) async throws -> Outcome {
        let arguments = ["volume", "create", "data", "--endpoint", endpoint] + options
        return onTerminal
            ? try await CommandLine.runOnTerminal(arguments)
            : try await CommandLine.run(arguments)
    }

    private static func router(_ script: Script) -> Router {
        var router = Router()
        router.unary(GetPluginInfoRequest.method) { _, _ throws(RPCFailure) in
            try encoded(GetPluginInfoResponse(name: "scripted.example", vendorVersion: "1"))
        }
        router.unary(CreateVolumeRequest.method) { bytes, _ throws(RPCFailure) in
            switch script.next() {
            case .silence:
                // Ends with the call: its task is cancelled then.
                try? await Task.sleep(for: .seconds(600))
                throw RPCFailure(.cancelled, "")
            case .failure(let code, let message, let progress):
                throw RPCFailure(code, message, progress: progress)
            case .success:
                return try encoded(
                    CreateVolumeResponse(volume: Volume(capacityBytes: 1 << 30, volumeID: "v"))
                )
            }
        }
        return router
    }

    private static func encoded(_ message: some CSIMessage) throws(RPCFailure) -> [UInt8] {
        do {
            return try message.encoded()
        } catch {
            throw RPCFailure(.internalError, error.message)
        }
    }
}

/// What is left to answer.
private final class Script: Sendable {
    private let answers: Mutex<[ScriptedDriver.Answer]>

    init(_ answers: [ScriptedDriver.Answer]) { self.answers = Mutex(answers) }

    func next() -> ScriptedDriver.Answer {
        answers.withLock { answers in
            answers.count > 1 ? answers.removeFirst() : answers.first ?? .success
        }
    }
}
