"""How names of the proto become names in Swift and in the C that protoc-c writes."""

KEYWORDS = {
    "as", "break", "case", "class", "default", "else", "enum", "extension", "false", "for", "func",
    "if", "import", "in", "init", "internal", "is", "let", "nil", "operator", "private", "public",
    "repeat", "return", "self", "static", "struct", "switch", "true", "var", "where", "while",
}
# A nested type called Type would hide Swift's metatype.
TYPE_NAMES = {"Type": "Kind", "Protocol": "ProtocolKind", "Self": "SelfKind"}
CAPITALS = {"id": "ID", "ids": "IDs"}


def lower_camel(name):
    """volume_id -> volumeID, SINGLE_NODE_WRITER -> singleNodeWriter."""
    first, *rest = name.lower().split("_")
    joined = first + "".join(CAPITALS.get(word, word.capitalize()) for word in rest)
    return f"`{joined}`" if joined in KEYWORDS else joined


def type_name(name):
    return TYPE_NAMES.get(name, name)


def swift_path(descriptor):
    """csi.v1.VolumeCapability.AccessMode.Mode -> VolumeCapability.AccessMode.Mode."""
    parts = []
    while descriptor is not None:
        parts.append(type_name(descriptor.name))
        descriptor = descriptor.containing_type
    return ".".join(reversed(parts))


def oneof_name(oneof):
    """The Swift enum of a oneof; one called `type` would collide with a nested `Type`."""
    name = "".join(word.capitalize() for word in oneof.name.split("_"))
    return "TypeOneOf" if name == "Type" else name


def _snake(part):
    """What protoc-c does: an underscore before a capital that follows a small letter."""
    text, was_upper = "", True
    for letter in part:
        text += "_" if letter.isupper() and not was_upper else ""
        text += letter.lower()
        was_upper = letter.isupper()
    return text


def c_type(descriptor):
    """csi.v1.VolumeUsage.Unit -> Csi__V1__VolumeUsage__Unit."""
    parts = descriptor.full_name.split(".")
    return "__".join(part[0].upper() + part[1:] for part in parts)


def c_function_prefix(descriptor):
    """csi.v1.VolumeUsage -> csi__v1__volume_usage."""
    return "__".join(_snake(part) for part in descriptor.full_name.split("."))


def c_oneof_case(field):
    """The constant that says which field of a oneof is set."""
    message = c_function_prefix(field.containing_type).upper()
    return f"{message}__{field.containing_oneof.name.upper()}_{field.name.upper()}"
