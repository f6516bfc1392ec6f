import DriverCore
import Synchronization

/// The credentials that all channels of the process with the same files share: thousands of
/// channels, one thread that watches the files.
///
/// They begin with the first such channel and end with the last.
final class ClientCredentials: Sendable {
    private struct Source: Hashable {
        /// nil is plain text.
        let files: TLSFiles?
        let refresh: Duration
    }

    private struct Entry {
        let credentials: ClientCredentials
        var users = 1
    }

    private static let entries = Mutex<[Source: Entry]>([:])

    let credentials: Credentials
    private let source: Source

    private init(_ source: Source) throws(DriverError) {
        self.source = source
        credentials =
            if let files = source.files {
                try Credentials.client(files, refresh: source.refresh)
            } else {
                Credentials.insecureClient()
            }
    }

    /// Matched by one ``release()``; throws when the TLS files are unusable.
    static func acquire(_ files: TLSFiles?, refresh: Duration) throws(DriverError)
        -> ClientCredentials
    {
        let source = Source(files: files, refresh: refresh)
        let result = entries.withLock { entries -> Result<ClientCredentials, DriverError> in
            if let entry = entries[source] {
                entries[source]?.users += 1
                return .success(entry.credentials)
            }
            do throws(DriverError) {
                let credentials = try ClientCredentials(source)
                entries[source] = Entry(credentials: credentials)
                return .success(credentials)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Gives back one use.
    func release() {
        Self.entries.withLock { entries in
            entries[source]?.users -= 1
            if entries[source]?.users == 0 { entries[source] = nil }
        }
    }
}
