import DriverCore
import Testing

@testable import BackendLVM

/// The names that the device mapper has for logical volumes.
@Suite(.timeLimit(.minutes(5)))
struct MappedNameTests {
    @Test(arguments: [
        ("vg-v1--0123456789abcdef--0123456789abcdef0123456789abcdef", true),
        ("my--vg-v1--0123456789abcdef--0123456789abcdef0123456789abcdef", true),
        ("vg-v1--0123456789abcdef--0123456789abcdef0123456789abcdef-real", false),
        ("vg-data", false), ("v1--0123456789abcdef--0123456789abcdef0123456789abcdef", false),
        ("", false), ("-", false),
    ])
    func `a volume is found in the name of its mapped device`(name: String, isThere: Bool) {
        let id = MappedName.volume(in: name)
        #expect((id?.text == "v1-0123456789abcdef-0123456789abcdef0123456789abcdef") == isThere)
        #expect((id != nil) == isThere)
    }
}
