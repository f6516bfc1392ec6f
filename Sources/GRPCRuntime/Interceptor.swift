/// A function that runs around the handlers of a router.
///
/// It may throw instead of calling `next`, which refuses the call. `next` runs the rest, the handler
/// last, and is called once. It throws what the call fails with, which is handed on.
package typealias Interceptor =
    @Sendable (CallContext, _ next: () async throws(RPCFailure) -> Void) async throws(RPCFailure) ->
    Void
