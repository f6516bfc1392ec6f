import GRPCRuntime
import TestSupport

/// Serves the router on a socket while the body runs; its calls have ended when this returns.
func withChannel(to router: Router, _ body: (Channel) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
        let endpoint = Endpoint.unix(path: "\(folder.path)/s.sock")
        let server = try Server(ServerConfiguration(endpoints: [endpoint]), router: router)
        async let served: Void = server.serve()
        let channel = try Channel(to: endpoint)
        let result: Result<Void, any Error>
        do { result = .success(try await body(channel)) } catch { result = .failure(error) }
        await channel.close()
        server.shutdown(grace: .seconds(30))
        await served
        try result.get()
    }
}
