import CSIMessages

/// Whether something is so: not known while the last call about it has given no answer.
enum Known: Sendable {
    case yes, no, unknown

    var mayBe: Bool { self != .no }
}

/// What must be true of one volume of one caller, who alone works on it.
struct SoakVolume: Sendable {
    let name: String
    let target: String
    /// Empty until a create was acknowledged.
    var id = ""
    var exists = Known.no
    /// A delete has begun: nothing else may be asked of it any more.
    var isDoomed = false
    var staged = Known.no
    var published = Known.no
    /// As it was asked for; a repeated create asks the same.
    var source: VolumeContentSource?
    var mebibytes: Int64 = 32
    /// What it may hold: the marks of files, and the empty text for none.
    var marks: Set<String> = [""]
    /// Sizes that it may have: more than one while a growth is without answer.
    var sizes: Set<Int64> = [32 << 20]

    init(name: String, target: String) {
        self.name = name
        self.target = target
    }
}

struct SoakSnapshot: Sendable {
    let name: String
    let source: String
    var mebibytes: Int64
    var id = ""
    var exists = Known.no
    /// What its source held at any of the tries.
    var marks: Set<String> = []
}
