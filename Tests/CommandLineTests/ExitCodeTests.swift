import GRPCRuntime
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExitCodeTests {
    /// The table of the README and of `cairn --help`.
    private static let codes: [(StatusCode, Int32)] = [
        (.invalidArgument, 2), (.outOfRange, 2), (.notFound, 3), (.alreadyExists, 4),
        (.resourceExhausted, 5), (.unavailable, 6), (.cancelled, 6), (.failedPrecondition, 7),
        (.internalError, 1), (.unknown, 1), (.unimplemented, 1), (.permissionDenied, 1),
    ]

    @Test(arguments: codes)
    func `each code of a driver has its exit code, and one line`(
        answer: StatusCode,
        expected: Int32
    ) async throws {
        try await ScriptedDriver.serve([.failure(answer, "what\nhappened")]) { driver in
            let outcome = try await driver.create()
            #expect(outcome.code == expected && outcome.output.isEmpty)
            #expect(outcome.error == "cairn: cannot create volume 'data': what happened\n")
        }
    }

    @Test func `no driver is code 6, and the line says what to do`() async throws {
        for command in [["volume", "list"], ["tier", "list"], ["snapshot", "delete", "x"]] {
            let outcome = try await CommandLine.run(command + ["--endpoint", "/nowhere.sock"])
            #expect(outcome.code == 6)
            #expect(
                outcome.error == "cairn: no driver answers at unix:///nowhere.sock: "
                    + "start it with 'cairn standalone', or name its socket with --endpoint\n"
            )
        }
    }

    @Test(arguments: [(["shw"], "cairn --help"), (["volume", "shw"], "cairn volume --help")])
    func `a command that does not exist is called that`(arguments: [String], manual: String)
        async throws
    {
        let outcome = try await CommandLine.run(arguments)
        #expect(outcome.error == "cairn: there is no command 'shw': see '\(manual)'\n")
    }

    @Test func `a socket path that is too long for a client is called that`() async throws {
        let path = "/run/" + String(repeating: "a", count: 110) + "/csi.sock"
        let outcome = try await CommandLine.run(["volume", "list", "--endpoint", path])
        #expect(outcome.code == 2)
        #expect(outcome.error.hasPrefix("cairn: the socket path \(path) has 124 bytes"))
        #expect(outcome.error.hasSuffix("use a shorter directory\n"))
    }

    @Test func `status at a driver that is no controller says which commands to use`()
        async throws
    {
        try await withNode { node in
            let outcome = try await node.cairn("status")
            #expect(outcome.code == 1 && outcome.error.contains("is no controller"))
            #expect(outcome.error.contains("'cairn tier list'"))
        }
    }

    @Test func `an address for metrics without a host is refused by its flag`() async throws {
        try await withNode { node in
            let outcome = try await node.cairn(
                "standalone",
                "--endpoint",
                "\(node.folder)/other.sock",
                "--metrics-address",
                "39809",
                "--config",
                node.tiersFile,
                "--usage-dir",
                "\(node.folder)/other-usage"
            )
            #expect(outcome.code == 1)
            #expect(outcome.error.contains("--metrics-address '39809' is not host:port"))
        }
    }

    @Test(arguments: [
        ["volume", "create"], ["volume", "create", "a", "--size", "ten"],
        ["volume", "create", "a", "--size", "0"], ["volume", "create", "a", "--bogus"],
        ["volume", "create", "a", "--block", "--filesystem", "xfs"], ["bogus"],
        ["volume", "list", "--endpoint", "nonsense"], ["volume", "list", "--timeout", "0"],
        ["volume", "list", "--output", "xml"], ["volume", "create", "a", "--parameter", "x"],
    ])
    func `a wrong command line is code 2, and one line`(arguments: [String]) async throws {
        let outcome = try await CommandLine.run(arguments)
        #expect(outcome.code == 2 && outcome.output.isEmpty)
        #expect(outcome.error.hasPrefix("cairn: "))
        #expect(outcome.error.split(separator: "\n").count == 1)
    }

    @Test func `a long copy is waited for, and its progress told in plain lines`() async throws {
        let answers: [ScriptedDriver.Answer] = [
            .silence, .busy(3),
            .busy(4),
            .busy(55), .success,
        ]
        try await ScriptedDriver.serve(answers) { driver in
            let outcome = try await driver.create()
            #expect(outcome.code == 0 && outcome.words(after: "id") == ["id", "v"])
            let told = outcome.error.split(separator: "\n")
            #expect(
                told == [
                    "cairn: create volume 'data': 3% done", "cairn: create volume 'data': 55% done",
                ]
            )
        }
    }

    @Test func `a terminal gets a bar that goes away at the end`() async throws {
        let answers: [ScriptedDriver.Answer] = [
            .busy(50), .success,
        ]
        try await ScriptedDriver.serve(answers) { driver in
            let outcome = try await driver.create(onTerminal: true)
            let half = String(repeating: "#", count: 15) + String(repeating: "-", count: 15)
            #expect(outcome.output.contains("create volume 'data'  [\(half)] 50%"))
            #expect(outcome.output.contains("\r\u{1B}[K"))
        }
    }

    @Test func `waiting ends with --timeout, as code 6`() async throws {
        let busy = ScriptedDriver.Answer.busy(9)
        try await ScriptedDriver.serve([busy]) { driver in
            let outcome = try await driver.create("--timeout", "1")
            #expect(outcome.code == 6)
            #expect(outcome.error.contains("waited 1 s to create volume 'data'"))
        }
    }

    @Test func `a driver without lists is told ids as they are`() async throws {
        try await ScriptedDriver.serve([.success]) { driver in
            let clone = ["volume", "clone", "some-id", "copy", "--endpoint", driver.endpoint]
            let outcome = try await CommandLine.run(clone)
            #expect(outcome.code == 0 && outcome.words(after: "id") == ["id", "v"])
        }
    }
}
