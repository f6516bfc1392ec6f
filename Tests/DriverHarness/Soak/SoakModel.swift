import CSIMessages
import DriverCore
import TestSupport

/// Whether something is so: not known while the last call about it has given no answer.
package enum Known: String, Codable, Sendable {
    case yes, no, unknown

    package var mayBe: Bool { self != .no }
}

/// A tier in the eyes of the callers.
package struct SoakTier: Sendable {
    /// Nil for the default one.
    package let name: String?
    /// Snapshots forbid that their source is deleted or grown.
    package let bindsSources: Bool

    package init(_ name: String? = nil, bindsSources: Bool = false) {
        self.name = name
        self.bindsSources = bindsSources
    }
}

/// What a volume was made from.
package enum SoakSource: Codable, Hashable, Sendable {
    case snapshot(String)
    case volume(String)

    var inRequest: VolumeContentSource {
        switch self {
        case .snapshot(let id): .snapshot(id)
        case .volume(let id): .volume(id)
        }
    }
}

/// What must be true of one volume of one caller, who alone works on it.
package struct SoakVolume: Codable, Sendable {
    package let name: String
    /// Empty until a create was acknowledged.
    package var id = ""
    package var exists = Known.no
    /// A delete has begun: nothing else may be asked of it any more.
    var isDoomed = false
    var staged = Known.no
    var published = Known.no
    /// As it was asked for; a repeated create asks the same.
    var source: SoakSource?
    var mebibytes: Int64 = 32
    /// What it may hold: the marks of files, and the empty text for none.
    var marks: Set<String> = [""]
    /// Sizes that it may have: more than one while a growth is without answer.
    var sizes: Set<Int64> = [32 << 20]

    init(name: String) { self.name = name }

    /// A write to it was acknowledged.
    package var holdsFiles: Bool { !marks.contains("") }
}

package struct SoakSnapshot: Codable, Sendable {
    let name: String
    let source: String
    var mebibytes: Int64
    package var id = ""
    package var exists = Known.no
    /// What its source held at any of the tries.
    var marks: Set<String> = []
}
