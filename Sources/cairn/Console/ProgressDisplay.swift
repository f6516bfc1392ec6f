import DriverCore
import Host

/// How far a long call has come, on standard error.
///
/// On a terminal one line that is drawn over itself; elsewhere a plain line now and then, so that a
/// log stays short.
struct ProgressDisplay {
    private let what: String
    private let isTerminal = Terminal.isError
    private let began = ContinuousClock.now
    private var isDrawn = false
    private var toldPercent: Int?
    private var toldAt: ContinuousClock.Instant?

    /// Between two plain lines of a call without progress.
    private static let plainInterval = Duration.seconds(30)
    /// Between two plain lines of a call that does, in percent.
    private static let plainStep = 10
    private static let barWidth = 30

    /// `what` as in "create data".
    init(_ what: String) { self.what = what.printable }

    /// Shows the progress; nil where the driver has reported none.
    mutating func show(percent: Int?) {
        if isTerminal { drawLine(percent) } else { tell(percent) }
    }

    /// Removes the line.
    mutating func end() {
        guard isDrawn else { return }
        Console.draw("\r\u{1B}[K")
        isDrawn = false
    }

    private mutating func drawLine(_ percent: Int?) {
        let seconds = began.duration(to: .now).components.seconds
        let state = percent.map { "\(Bar.text(part: $0, of: 100, width: Self.barWidth)) \($0)%" }
        Console.draw("\r\u{1B}[K\(what)  \(state ?? "still running")  \(seconds) s")
        isDrawn = true
    }

    private mutating func tell(_ percent: Int?) {
        guard isWorthALine(percent) else { return }
        toldPercent = percent ?? toldPercent
        toldAt = .now
        Console.note("\(what): " + (percent.map { "\($0)% done" } ?? "still running"))
    }

    private func isWorthALine(_ percent: Int?) -> Bool {
        guard let toldAt else { return true }
        if let percent, percent >= (toldPercent ?? 0) + Self.plainStep { return true }
        return toldAt.duration(to: .now) >= Self.plainInterval
    }
}

/// A filled and an empty part: `[######----]`.
enum Bar {
    static func text(part: Int64, of whole: Int64, width: Int) -> String {
        let share = whole > 0 ? Double(min(max(part, 0), whole)) / Double(whole) : 0
        let filled = Int((share * Double(width)).rounded())
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: "-", count: width - filled) + "]"
    }

    static func text(part: Int, of whole: Int, width: Int) -> String {
        text(part: Int64(part), of: Int64(whole), width: width)
    }
}
