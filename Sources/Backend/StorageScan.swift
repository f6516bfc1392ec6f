import DriverCore
import Host

/// A scan of storage by a command, which waits for it no longer than a person does.
///
/// It runs on a thread that may be lost: no signal ends a read from a disk that hangs.
package struct StorageScan: Sendable {
    /// Far longer than storage takes that answers.
    package static let patience = Duration.seconds(30)

    private let subject: String
    private let patience: Duration
    private let end: ContinuousClock.Instant
    private let thread = BlockingPool(threads: 1)
    private let pending: PendingAnswer<[Finding]>?

    /// Begins the scan; `subject` is the name of the storage in what is found where it hangs.
    package init(
        of subject: String,
        patience: Duration = patience,
        _ scan: @escaping @Sendable () -> [Finding]
    ) {
        self.subject = subject
        self.patience = patience
        end = .now + patience
        pending = try? thread.begin { () throws(DriverError) in scan() }
    }

    /// What was found, or that the storage hangs.
    package func findings() -> [Finding] {
        (try? pending?.value(by: end)) ?? [unanswered]
    }

    private var unanswered: Finding {
        .problem(
            subject,
            "its storage has not answered for \(patience.components.seconds) s",
            "see the node's kernel log; bring the disk back, or replace it. Doctor itself ends when the "
                + "disk answers"
        )
    }
}
