package import DriverCore
import Synchronization

/// How the driver's own programs ended and how long they ran, since the process began.
package final class ProgramFigures: Sendable {
    /// One table for the process, as programs are started in many places.
    package static let ofProcess = ProgramFigures()

    package struct OfProgram: Sendable {
        package var seconds = Histogram()
        /// How many runs ended in which way: an exit code, or a word of ``End``.
        ///
        /// The common ones are there from the start, so that the first of them is an increase.
        package var ends: [String: UInt64] = [
            "0": 0, "1": 0, "killed": 0, "deadline": 0, "stopped": 0, "not_started": 0,
        ]
        /// How many runs are going on now.
        package var running = 0
    }

    private let programs = Mutex<[HostProgram: OfProgram]>([:])

    package init() {}

    /// In that order, those that have not run among them.
    package func figures(of wanted: [HostProgram]) -> [(program: HostProgram, figures: OfProgram)] {
        let known = programs.withLock(\.self)
        return wanted.map { ($0, known[$0] ?? OfProgram()) }
    }

    /// How often a file system of the type was made.
    package func filesystemsMade(_ type: FilesystemType) -> UInt64 {
        programs.withLock { $0[.mkfs(type)]?.ends["0"] ?? 0 }
    }

    /// Counts one run of a program; one that cannot be started counts as `not_started`.
    func count<Result>(
        _ program: HostProgram?,
        _ run: () throws(DriverError) -> Result,
        end: (Result) -> ChildProcess.End.Reason
    ) throws(DriverError) -> Result {
        guard let program else { return try run() }
        programs.withLock { $0[program, default: OfProgram()].running += 1 }
        let began = ContinuousClock.now
        var word = "not_started"
        defer {
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            programs.withLock { programs in
                programs[program, default: OfProgram()].running -= 1
                programs[program, default: OfProgram()].seconds.add(seconds)
                programs[program, default: OfProgram()].ends[word, default: 0] += 1
            }
        }
        let result = try run()
        word = end(result).word
        return result
    }
}

extension ChildProcess.End.Reason {
    /// A label with few values.
    fileprivate var word: String {
        switch self {
        case .exited(let code): "\(code)"
        case .signalled: "killed"
        case .deadline: "deadline"
        case .stopped: "stopped"
        }
    }
}
