import CYAMLShim

/// One step through a YAML text, as libyaml takes it.
struct YAMLEvent {
    enum Kind: Equatable {
        case document
        case scalar(String, isPlain: Bool)
        case listStart, listEnd
        case mappingStart, mappingEnd
        case alias
    }

    let kind: Kind
    /// From 1.
    let line: Int
    let hasAnchor: Bool
    let hasTag: Bool

    /// All events of a text, copied; nothing of libyaml outlives the call.
    static func read(_ text: [UInt8]) throws(ConfigurationProblem) -> [YAMLEvent] {
        let parsed = unsafe text.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            // An empty array may have no address; a byte count of zero makes any address do.
            guard let start = bytes.baseAddress else { return unsafe cyaml_events_create([0], 0) }
            return unsafe cyaml_events_create(start, bytes.count)
        }
        guard let events = unsafe parsed else {
            throw ConfigurationProblem(line: 1, "not enough memory to read the file")
        }
        defer { unsafe cyaml_events_destroy(events) }
        if let problem = unsafe cyaml_events_problem(events) {
            let line = unsafe Int(cyaml_events_problem_line(events))
            throw ConfigurationProblem(
                line: line,
                "this is not YAML: \(unsafe String(cString: problem))"
            )
        }
        return unsafe (0..<cyaml_events_count(events)).map { index in
            unsafe YAMLEvent(copying: cyaml_events_view(events, index))
        }
    }

    private init(copying event: cyaml_event) {
        line = unsafe Int(event.line)
        hasAnchor = unsafe event.has_anchor
        hasTag = unsafe event.has_tag
        kind =
            switch unsafe event.kind {
            case CYAML_SCALAR: unsafe .scalar(Self.text(of: event), isPlain: event.is_plain)
            case CYAML_LIST_START: .listStart
            case CYAML_LIST_END: .listEnd
            case CYAML_MAPPING_START: .mappingStart
            case CYAML_MAPPING_END: .mappingEnd
            case CYAML_ALIAS: .alias
            default: .document
            }
    }

    /// libyaml has refused what is not UTF-8, so nothing is repaired here.
    private static func text(of event: cyaml_event) -> String {
        let bytes = unsafe UnsafeBufferPointer(start: event.text, count: event.text_length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
