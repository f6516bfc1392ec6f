"""Swift source for messages, enums and requests. Layout is left to `swift format`."""

import model
import naming


class Writer:
    def __init__(self, comments):
        self.comments = comments
        # A request by full name, and the RPC whose comment it takes.
        self.rpc_of = {}

    def doc(self, name):
        """The comment of the proto as a summary line and, where there is more, a paragraph."""
        text = self.comments.get(name)
        if not text:
            return ""
        summary, _, rest = " ".join(text.split()).partition(". ")
        return f"/// {summary}.\n///\n/// {rest}\n" if rest else f"/// {summary}\n"

    def enum(self, enum):
        name = naming.type_name(enum.name)
        cases = [(naming.lower_camel(value.name), value) for value in enum.values]
        lines = [
            self.doc(enum.full_name) + f"package enum {name}: Sendable, Hashable {{",
            *[f"case {case}" for case, _ in cases],
            "/// A number that this version of the contract does not name.",
            "case unrecognized(Int32)",
            "",
            "package init(wireValue: Int32) {",
            "switch wireValue {",
            *[f"case {value.number}: self = .{case}" for case, value in cases],
            "default: self = .unrecognized(wireValue)",
            "}",
            "}",
            "",
            "package var wireValue: Int32 {",
            "switch self {",
            *[f"case .{case}: {value.number}" for case, value in cases],
            "case .unrecognized(let value): value",
            "}",
            "}",
            "",
            "/// The name in the proto.",
            "package var name: String {",
            "switch self {",
            *[f'case .{case}: "{value.name}"' for case, value in cases],
            'case .unrecognized(let value): "UNRECOGNIZED(\\(value))"',
            "}",
            "}",
            "}",
        ]
        return "\n".join(lines) + "\n"

    def struct(self, message):
        members = model.members(message)
        fields = [f"package var {m.name}: {m.swift_type} = {m.default}" for m in members]
        described = self.doc(self.rpc_of.get(message.full_name, message.full_name))
        name = naming.type_name(message.name)
        lines = [described + f"package struct {name}: Sendable, Hashable {{"]
        lines += [self.enum(enum) for enum in message.enum_types]
        lines += [self.struct(inner) for inner in model.nested_messages(message)]
        lines += [self.oneof(m) for m in members if isinstance(m, model.OneOf)]
        lines += fields + ["", "package init() {}", ""]
        if members:
            parameters = ",\n".join(f"{m.name}: {m.swift_type} = {m.default}" for m in members)
            lines += [f"package init(\n{parameters}\n) {{"]
            lines += [f"self.{m.name} = {m.name}" for m in members] + ["}"]
        return "\n".join(lines + ["}", ""])

    def conformance(self, message):
        """Said apart from WireMessage, so that only the latter is unsafe to use."""
        inner = "".join(self.conformance(nested) for nested in model.nested_messages(message))
        if message.full_name in self.rpc_of:
            return inner  # a request says so by being one
        return f"extension {naming.swift_path(message)}: CSIMessage {{}}\n\n" + inner

    def oneof(self, oneof):
        cases = [
            f"case {naming.lower_camel(arm.name)}({naming.swift_path(arm.message_type)})"
            for arm in oneof.arms
        ]
        return "\n".join([f"package enum {oneof.enum}: Sendable, Hashable {{", *cases, "}", ""])

    def request(self, method):
        kind = "CSIStreamRequest" if method.server_streaming else "CSIRequest"
        path = f"/{method.containing_service.full_name}/{method.name}"
        return (
            f"extension {naming.swift_path(method.input_type)}: {kind} {{\n"
            f"package typealias Response = {naming.swift_path(method.output_type)}\n"
            f'package static var method: String {{ "{path}" }}\n}}\n')

    def wire(self, message):
        """The conformance that copies from and to C, for the message and those nested in it."""
        c_type, function = naming.c_type(message), naming.c_function_prefix(message)
        members = model.members(message)
        reading = [line for m in members for line in _reading(m)]
        writing = [line for m in members for line in _writing(m)]
        lines = [
            f"extension {naming.swift_path(message)}: @unsafe WireMessage {{",
            f"static var unset: {c_type} {{",
            f"var wire = unsafe {c_type}()",
            f"unsafe {function}__init(&wire)",
            "return unsafe wire",
            "}",
            "",
            f"init(copying wire: {c_type}) {{", *reading, "}",
            "",
            f"func fill(_ wire: inout {c_type}, from arena: inout WireArena)",
            "throws(DriverError) {",
            *writing, "}",
            "}",
            "",
        ]
        text = "\n".join(lines)
        text += "".join("\n" + self.entry(entry) for entry in model.map_entries(message))
        return text + "".join("\n" + self.wire(inner) for inner in model.nested_messages(message))

    def entry(self, entry):
        function = naming.c_function_prefix(entry)
        return (
            f"extension {naming.c_type(entry)}: @unsafe WireMapEntry {{\n"
            f"mutating func prepare() {{ unsafe {function}__init(&self) }}\n}}\n")


def _reading(member):
    if isinstance(member, model.Field):
        return [f"{member.name} = {member.reading()}"]
    lines = [f"{member.name} =", f"switch unsafe wire.{member.proto.name}_case {{"]
    for arm in member.arms:
        case = naming.lower_camel(arm.name)
        lines.append(f"case {naming.c_oneof_case(arm)}:")
        lines.append(f"unsafe readMessage(wire.{arm.name}).map {{ .{case}($0) }}")
    return lines + ["default: nil", "}"]


def _writing(member):
    if isinstance(member, model.Field):
        return [member.writing()]
    lines = [f"switch {member.name} {{"]
    for arm in member.arms:
        lines.append(f"case .{naming.lower_camel(arm.name)}(let value):")
        lines.append(f"unsafe wire.{member.proto.name}_case = {naming.c_oneof_case(arm)}")
        lines.append(f"unsafe wire.{arm.name} = try arena.message(value)")
    return lines + ["case nil: break", "}"]
