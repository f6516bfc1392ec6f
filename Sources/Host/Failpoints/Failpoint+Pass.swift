package import DriverCore
import Glibc
import Synchronization

extension Failpoint {
    /// `name:action`, separated by commas: `create.renamed:kill` or, at the third passing,
    /// `copy.part:enospc:3`.
    ///
    /// Or the absolute path of a file with such a text in its first line, behind a word that tells
    /// it from the text before; nothing is armed while the file is empty or absent. It is read at
    /// each failpoint, and a new line counts passings from the start.
    package static let variable = "CAIRN_FAILPOINT"

    /// What happens at a failpoint.
    package enum Action: String, Sendable, CaseIterable {
        /// The process ends at once, as by a crash.
        case kill
        /// The process stops here until it gets SIGCONT, so that a person can inspect it.
        case stop
        case eio, enospc, ebusy
    }

    /// Marks that a step is done.
    ///
    /// Does nothing, at the cost of one branch, unless the environment names this step: then the
    /// process dies here, or the step fails, once.
    package static func pass(_ point: Failpoint) throws(DriverError) {
        guard let armed else { return }
        try armed.pass(point)
    }

    /// The armed failpoints, for the log; throws `invalidRequest` where the variable is wrong or
    /// names none of `known`.
    package static func armedByEnvironment(among known: [Failpoint]) throws(DriverError) -> String?
    {
        guard let text = Environment.value(of: variable) else { return nil }
        let names = try ArmedFailpoints(parsing: text).names
        guard names.isSubset(of: known.map(\.name)) else { throw ArmedFailpoints.refusal(of: text) }
        return text
    }

    /// nil in every real driver.
    private static let armed: ArmedFailpoints? = Environment.value(of: variable)
        .flatMap { try? ArmedFailpoints(parsing: $0) }
}

/// The armed failpoints, and how often each step was passed.
final class ArmedFailpoints: Sendable {
    private struct Trap: Sendable, Hashable {
        /// Of the failpoint.
        let name: String
        let action: Failpoint.Action
        /// The number of the passing at which it happens, from 1.
        let passing: Int
    }

    private struct State {
        /// Of the file.
        var line = ""
        var traps: [Trap] = []
        var passed: [String: Int] = [:]
    }

    /// The file that has the text; nil where the text is fixed.
    private let file: String?
    private let state: Mutex<State>

    init(parsing text: String) throws(DriverError) {
        file = text.hasBytePrefix("/") ? text : nil
        state = Mutex(State(traps: file == nil ? try Self.traps(text) : []))
    }

    /// Of the failpoints in the text; those of a file are read later.
    var names: Set<String> { Set(state.withLock { $0.traps.map(\.name) }) }

    private static func traps(_ text: String) throws(DriverError) -> [Trap] {
        var traps: [Trap] = []
        for part in text.byteSplit(separator: ",", omittingEmptySubsequences: false) {
            traps.append(try trap(part))
        }
        return traps
    }

    private static func trap(_ text: Substring) throws(DriverError) -> Trap {
        let words = text.byteSplit(separator: ":", omittingEmptySubsequences: false).map(
            String.init
        )
        guard words.count == 2 || words.count == 3,
            let action = Failpoint.Action(rawValue: words[1]),
            let passing = words.count == 3 ? Int(words[2]) : 1, passing > 0
        else { throw refusal(of: String(text)) }
        return Trap(name: words[0], action: action, passing: passing)
    }

    static func refusal(of text: String) -> DriverError {
        DriverError(
            .invalidRequest,
            "\(Failpoint.variable): '\(text)' is not name:action or name:action:N with the name of a "
                + "failpoint and one of the actions kill, stop, eio, enospc, ebusy"
        )
    }

    func pass(_ point: Failpoint) throws(DriverError) {
        let line = file.map { SystemFile.line($0) ?? "" }
        let trap = try state.withLock { state throws(DriverError) -> Trap? in
            if let line, line != state.line {
                let text = line.byteSplit(separator: " ").last.map(String.init)
                state = State(line: line, traps: try text.map(Self.traps) ?? [])
            }
            let passed = state.passed[point.name, default: 0] + 1
            state.passed[point.name] = passed
            return state.traps.first { $0.name == point.name && $0.passing == passed }
        }
        guard let trap else { return }
        let step = "continue after the failpoint \(point)"
        switch trap.action {
        case .kill: kill(getpid(), SIGKILL)
        // To this thread: another one may take the signal later, when this one has gone on.
        case .stop: raise(SIGSTOP)
        // As the calls on files of a pool tell it.
        case .eio: try checked(-EIO, step)
        case .enospc: try checked(-ENOSPC, step)
        case .ebusy: try checked(-EBUSY, step)
        }
    }
}
