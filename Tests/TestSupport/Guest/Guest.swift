package import DriverCore
package import Host
package import Testing

/// The machine that scripts/vm boots, which alone has the device mapper that tests may use.
package enum Guest {
    package static var isHere: Bool {
        let words = (try? Bytes.read("/proc/cmdline")) ?? []
        return String(decoding: words, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .contains("cairn.guest=1")
    }

    /// Throws everywhere else: an LVM test must not come near the groups of a host.
    package static func require() throws(DriverError) {
        guard isHere else {
            throw DriverError(
                .unavailable,
                "this test runs in the test guest only: use scripts/test.sh --ring lvm"
            )
        }
    }

    /// Runs an administrator's program, with nothing asked; throws where it fails.
    @discardableResult
    package static func run(
        _ program: String,
        _ arguments: [String],
        deadline: Duration = .seconds(120)
    ) throws(DriverError) -> CommandOutput {
        try require()
        let command = try HostCommand(
            named: program,
            package: "of the guest (scripts/install-dependencies.sh --guest)",
            arguments: arguments
        )
        let output = try command.run(deadline: deadline)
        guard output.exitCode == 0 else {
            throw DriverError(
                .hostFailure,
                "\(command.description) ended with \(output.exitCode): \(output.complaint)"
            )
        }
        return output
    }
}

/// Fails each test of a suite that runs outside of the guest.
package struct GuestTrait: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try Guest.require()
        try await function()
    }
}

extension Trait where Self == GuestTrait {
    /// The suite needs device mapper, and is run by the ring lvm alone.
    package static var inGuest: Self { GuestTrait() }
}
