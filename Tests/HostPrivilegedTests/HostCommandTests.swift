import DriverCore
import Glibc
import Host
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct HostCommandTests {
    private func perl(_ script: String, _ arguments: String...) -> HostCommand {
        HostCommand(program: "/usr/bin/perl", arguments: ["-e", script] + arguments)
    }

    @Test
    func `outputs are kept apart, and any exit code is a result`() throws {
        let output = try perl("print 'out'; print STDERR 'err'; exit 7")
            .run(deadline: .seconds(60))
        #expect(output.exitCode == 7)
        #expect(output.standardOutput == "out")
        #expect(output.standardError == "err")
    }

    @Test
    func `a child that fills stderr first, and both beyond the limit, is not blocked`()
        throws
    {
        let output = try perl("print STDERR 'e' x 3000000; print 'o' x 3000000")
            .run(deadline: .seconds(60))
        #expect(output.exitCode == 0)
        #expect(output.standardOutput.utf8.count == CommandOutput.mostBytes)
        #expect(output.standardError.utf8.count == CommandOutput.mostBytes)
    }

    @Test
    func `the child has a fixed environment, no input and no other descriptor`() throws {
        let held = unsafe open("/dev/null", O_RDONLY)
        defer { close(held) }
        let script = """
            print join(',', map { "$_=$ENV{$_}" } sort keys %ENV), ';', length(join('', <STDIN>));
            opendir(my $d, '/proc/self/fd'); my $own = fileno($d) // 3;
            print ';', join(',', sort grep { /\\d/ && $_ > 2 && readlink("/proc/self/fd/$_") !~ /proc/ }
                readdir($d));
            """
        let output = try perl(script).run(deadline: .seconds(60))
        #expect(
            output.standardOutput
                == "LC_ALL=C,LVM_SUPPRESS_FD_WARNINGS=1,PATH=/usr/sbin:/sbin:/usr/bin:/bin;0;",
            "\(output.standardError)"
        )
    }

    @Test
    func `after its deadline a child is stopped, also one that ignores SIGTERM`() throws {
        for script in ["sleep 600", "$SIG{TERM} = 'IGNORE'; sleep 600 while 1"] {
            let error = #expect(throws: DriverError.self) {
                try perl(script).run(deadline: .milliseconds(300))
            }
            #expect(error?.code == .timedOut)
        }
    }

    @Test
    func `what a child leaves behind is stopped with it`() throws {
        try withTemporaryFolder { folder in
            let lock = folder.path(of: "lock")
            // The grandchild holds a lock and the pipes; nobody can have the lock while it lives.
            let script = """
                use Fcntl ':flock'; open(F, '>', $ARGV[0]); flock(F, LOCK_EX);
                if (fork() == 0) { sleep 600 } print 'left';
                """
            let output = try perl(script, lock).run(deadline: .seconds(60))
            #expect(output.standardOutput == "left")
            let file = unsafe open(lock, O_RDWR | O_CLOEXEC)
            defer { close(file) }
            // Free when the killed grandchild is gone.
            #expect(waitBlocking { flock(file, LOCK_EX | LOCK_NB) == 0 })
        }
    }

    @Test
    func `a child killed by a signal, and a program that is missing, are told`() throws {
        let killed = #expect(throws: DriverError.self) {
            try perl("kill 'SEGV', $$; sleep 600").run(deadline: .seconds(60))
        }
        #expect(killed?.message.contains("signal 11") == true)
        #expect(killed?.code == .unavailable, "nobody knows how far it came")
        #expect(throws: DriverError.self) {
            try HostCommand(program: "/absent", arguments: []).run(deadline: .seconds(60))
        }
        let missing = #expect(throws: DriverError.self) {
            try HostCommand(named: "mkfs.absent", package: "absent-progs", arguments: [])
        }
        #expect(missing?.message.contains("absent-progs") == true)
    }

    /// In a process of its own, as it would stop the programs of other tests.
    @Test
    func `all running children are stopped at once`() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            defer { folder.cleanUp() }
            let fifo = folder.path(of: "fifo")
            try #require(unsafe mkfifo(fifo, 0o600) == 0)
            let pool = BlockingPool(threads: 1)
            let command = HostCommand(
                program: "/usr/bin/perl",
                arguments: ["-e", "open(F, '>', $ARGV[0]); close F; sleep 600", fifo]
            )
            async let result = pool.run { () throws(DriverError) in
                try command.run(deadline: .seconds(300))
            }
            // Opens once the child has opened the other end.
            close(unsafe open(fifo, O_RDONLY))
            HostCommand.killAll()
            do {
                _ = try await result
                exit(1)
            } catch let error as DriverError {
                try #require(error.code == .unavailable)
            }
            try #require(HostCommandTests.hasNoChild())
        }
    }

    static func hasNoChild() -> Bool { waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD }
}
