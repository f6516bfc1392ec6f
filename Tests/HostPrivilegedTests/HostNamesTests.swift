import DriverCore
import Host
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Names of hosts` {
    @Test func `an address is its own name`() throws {
        #expect(try HostNames.addresses(of: "127.0.0.1") == ["127.0.0.1"])
    }

    @Test func `a name has each of its addresses once`() throws {
        let addresses = try HostNames.addresses(of: "localhost")
        #expect(!addresses.isEmpty)
        #expect(Set(addresses).count == addresses.count)
    }

    @Test func `a name without an address is unavailable, and named`() {
        let error = #expect(throws: DriverError.self) {
            try HostNames.addresses(of: "no-such-host.invalid")
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("'no-such-host.invalid'") == true)
    }

    @Test func `the kernel's boot id stays the same`() throws {
        #expect(try BootID.current() == BootID.current())
        #expect(try BootID.current().utf8.count == 36)
    }
}
