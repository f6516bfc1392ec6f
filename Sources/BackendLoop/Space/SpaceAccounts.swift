import DriverCore
import Synchronization

/// The accounts of all loop tiers of one driver.
///
/// Behind one lock, because tiers on one file system share its room: what one of them promises, the
/// others can no longer offer.
package final class SpaceAccounts: Sendable {
    struct Account {
        var ledger: SpaceLedger
        /// The number of the pool's file system; nil before the tier was opened.
        var filesystem: UInt64?
        /// During a load: the ids whose charge in memory is newer than the load's.
        var changed: Set<String>?
        /// When the debt of each debtor was last measured.
        var debtsMeasured: [String: ContinuousClock.Instant] = [:]
        /// When the files were last measured, and what was free then.
        var filesMeasured: (at: ContinuousClock.Instant, available: ByteCount)?
        var lastRelieved: ContinuousClock.Instant?
    }

    private let accounts = Mutex<[Account]>([])

    package init() {}

    /// Opens one more account, and returns its number.
    func open(_ policy: SpaceLedger.Policy) -> Int {
        accounts.withLock { accounts in
            accounts.append(Account(ledger: SpaceLedger(policy: policy)))
            return accounts.count - 1
        }
    }

    func with<Result: Sendable>(_ number: Int, _ body: (inout Account) -> Result) -> Result {
        accounts.withLock { body(&$0[number]) }
    }

    /// The same with the figures of the disk, which then include the promises of the other tiers.
    func with<Result: Sendable>(
        _ number: Int,
        _ disk: StorageFigures,
        _ body: (inout Account, StorageFigures) -> Result
    ) -> Result {
        accounts.withLock { accounts in
            var disk = disk
            disk.claimed = Self.claims(among: accounts, besides: number)
            return body(&accounts[number], disk)
        }
    }

    private static func claims(among accounts: [Account], besides number: Int) -> ByteCount {
        guard let filesystem = accounts[number].filesystem else { return .zero }
        return accounts.indices.reduce(ByteCount.zero) { sum, index in
            guard index != number, accounts[index].filesystem == filesystem else { return sum }
            return sum + accounts[index].ledger.claim
        }
    }
}
