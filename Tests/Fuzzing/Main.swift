import Glibc

/// libFuzzer's loop, which calls back for each input.
///
/// Pointers and a number are passed alike by C and by Swift; the callback is a C function.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The fuzzer of this process, named by `CAIRN_FUZZER`.
private let chosen: any Fuzzer.Type =
    switch unsafe getenv("CAIRN_FUZZER").map({ unsafe String(cString: $0) }) {
    case "messages": MessageFuzzer.self
    case "configuration": ConfigurationFuzzer.self
    case "ids": IdentityFuzzer.self
    case "sizes": SizeFuzzer.self
    case "mkfs": MkfsFuzzer.self
    case "mountflags": MountFlagFuzzer.self
    case "mountinfo": MountTableFuzzer.self
    case "records": RecordFuzzer.self
    case "endpoints": EndpointFuzzer.self
    case "targets": TargetFuzzer.self
    case "tags": TagFuzzer.self
    case "superblock": SuperblockFuzzer.self
    case "lvmtext": VolumeGroupFuzzer.self
    case "lvmdisk": DiskFuzzer.self
    default: fatalError("CAIRN_FUZZER names no fuzzer; use scripts/fuzz.sh")
    }

@main
struct Fuzzing {
    static func main() {
        var count = CommandLine.argc
        var arguments = unsafe CommandLine.unsafeArgv
        exit(
            unsafe runDriver(&count, &arguments) { bytes, count in
                chosen.run(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        )
    }
}
