import CHostShim
import DriverCore
import Glibc

/// The driver's end of an output pipe of a child, with what was read so far.
struct OutputPipe: ~Copyable {
    private var reading: OwnedDescriptor?
    private var writing: OwnedDescriptor?
    private var bytes: [UInt8] = []

    init(of command: HostCommand) throws(DriverError) {
        var reading: CInt = -1
        var writing: CInt = -1
        try attempt("make a pipe for \(command.program)") {
            unsafe chost_pipe(&reading, &writing)
        }
        self.reading = OwnedDescriptor(adopting: reading)
        self.writing = OwnedDescriptor(adopting: writing)
    }

    /// The end for the child; -1 after it is closed here.
    var writingEnd: CInt {
        switch writing {
        case .some(let end): end.rawValue
        case nil: -1
        }
    }

    /// The descriptor for poll(2); -1, which poll ignores, after the end of the output.
    var watched: CInt {
        switch reading {
        case .some(let end): end.rawValue
        case nil: -1
        }
    }

    /// Closes the writing end: only the child may have it open, or the end of the output would
    /// never be seen.
    mutating func closeWritingEnd() { writing = nil }

    /// Reads the available output; output beyond the limit is read and dropped, so that the child
    /// never blocks.
    mutating func readAvailable() {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        // A child that writes without end must not keep the deadline from being looked at.
        for _ in 0..<64 {
            let end = watched
            if end < 0 { return }
            let count = unsafe read(end, &chunk, chunk.count)
            if count > 0 {
                let room = CommandOutput.mostBytes - bytes.count
                bytes.append(contentsOf: chunk[..<min(count, room)])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                reading = nil
            } else {
                return
            }
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
