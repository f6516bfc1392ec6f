import DriverCore
import Host

/// Waits for what commands read from storage, and no longer than a person does.
package enum PatientFindings {
    /// Far longer than storage takes that answers.
    package static let patience = Duration.seconds(20)

    /// The findings of a scan, or the one that the storage hangs.
    ///
    /// The scan runs on a thread that may be lost: no signal ends a read from a disk that hangs.
    package static func of(
        _ subject: String,
        by patience: Duration = patience,
        _ scan: @escaping @Sendable () -> [Finding]
    ) -> [Finding] {
        let thread = BlockingPool(threads: 1)
        let pending = try? thread.begin { () throws(DriverError) in scan() }
        return (try? pending?.value(by: .now + patience)) ?? [unanswered(subject, patience)]
    }

    private static func unanswered(_ subject: String, _ patience: Duration) -> Finding {
        .problem(
            subject,
            "its storage has not answered for \(patience.components.seconds) s",
            "see the node's kernel log; bring the disk back, or replace it. Doctor itself ends when the "
                + "disk answers"
        )
    }
}
