"""What one field is in Swift: its type, its default, how it is read from C and written to it."""

from google.protobuf.descriptor import FieldDescriptor as F

import descriptors
import naming

# Messages of google.protobuf that are plain values in Swift: type, reader, writer.
VALUES = {
    "google.protobuf.BoolValue": ("Bool", "readBool", "bool"),
    "google.protobuf.Int64Value": ("Int64", "readInt64", "int64"),
    "google.protobuf.Timestamp": ("Timestamp", "readTimestamp", "timestamp"),
}
NUMBERS = {F.TYPE_INT32: "Int32", F.TYPE_INT64: "Int64"}


class Field:
    """A field that is not part of a oneof."""

    def __init__(self, proto):
        self.proto = proto
        self.name = naming.lower_camel(proto.name)
        self.c_name = proto.name
        self.repeated = proto.label == F.LABEL_REPEATED
        self.is_map = proto.type == F.TYPE_MESSAGE and proto.message_type.GetOptions().map_entry
        self.is_secret = descriptors.is_secret(proto)
        self.value = VALUES.get(proto.message_type.full_name) if proto.message_type else None
        self.swift_type, self.default = self._type()
        self.uses_core = self.is_secret or self.swift_type == "Timestamp?"

    def _refuse(self):
        raise SystemExit(f"{self.proto.full_name}: the generator does not know this kind of field")

    def _type(self):
        proto = self.proto
        if self.is_map:
            pair = proto.message_type.fields
            if any(part.type != F.TYPE_STRING for part in pair):
                self._refuse()
            return ("Secrets", "Secrets()") if self.is_secret else ("[String: String]", "[:]")
        if self.is_secret or proto.has_presence and proto.type != F.TYPE_MESSAGE:
            self._refuse()
        if self.repeated:
            return self._repeated()
        if self.value:
            return f"{self.value[0]}?", "nil"
        if proto.type == F.TYPE_MESSAGE:
            return f"{naming.swift_path(proto.message_type)}?", "nil"
        if proto.type == F.TYPE_ENUM:
            zero = proto.enum_type.values_by_number[0]
            return naming.swift_path(proto.enum_type), f".{naming.lower_camel(zero.name)}"
        if proto.type == F.TYPE_STRING:
            return "String", '""'
        if proto.type == F.TYPE_BOOL:
            return "Bool", "false"
        if proto.type in NUMBERS:
            return NUMBERS[proto.type], "0"
        return self._refuse()

    def _repeated(self):
        if self.proto.type == F.TYPE_STRING:
            return "[String]", "[]"
        if self.proto.type == F.TYPE_MESSAGE and not self.value:
            return f"[{naming.swift_path(self.proto.message_type)}]", "[]"
        return self._refuse()

    def reading(self):
        """The expression that copies the field out of `wire`."""
        one, count = f"wire.{self.c_name}", f"wire.n_{self.c_name}"
        if self.is_map:
            pairs = f"unsafe readMap({one}, {count})"
            return f"Secrets({pairs})" if self.is_secret else pairs
        if self.repeated:
            kind = "readTexts" if self.proto.type == F.TYPE_STRING else "readMessages"
            return f"unsafe {kind}({one}, {count})"
        if self.value:
            return f"unsafe {self.value[1]}({one})"
        if self.proto.type == F.TYPE_MESSAGE:
            return f"unsafe readMessage({one})"
        if self.proto.type == F.TYPE_ENUM:
            return f"unsafe {self.swift_type}(wireValue: Int32(bitPattern: {one}.rawValue))"
        if self.proto.type == F.TYPE_STRING:
            return f"unsafe readText({one})"
        if self.proto.type == F.TYPE_BOOL:
            return f"unsafe {one} != 0"
        return f"unsafe {one}"

    def writing(self):
        """The statement that puts the field into `wire`."""
        one, count = f"wire.{self.c_name}", f"wire.n_{self.c_name}"
        if self.is_map:
            pairs = f"{self.name}.revealForWire()" if self.is_secret else self.name
            return f"unsafe ({one}, {count}) = try arena.map({pairs})"
        if self.repeated:
            kind = "texts" if self.proto.type == F.TYPE_STRING else "messages"
            return f"unsafe ({one}, {count}) = try arena.{kind}({self.name})"
        if self.value:
            return f"unsafe {one} = arena.{self.value[2]}({self.name})"
        if self.proto.type == F.TYPE_MESSAGE:
            return f"unsafe {one} = try arena.message({self.name})"
        if self.proto.type == F.TYPE_ENUM:
            c_enum = naming.c_type(self.proto.enum_type)
            return f"unsafe {one} = {c_enum}(rawValue: UInt32(bitPattern: {self.name}.wireValue))"
        if self.proto.type == F.TYPE_STRING:
            return f"unsafe {one} = try arena.text({self.name})"
        if self.proto.type == F.TYPE_BOOL:
            return f"unsafe {one} = {self.name} ? 1 : 0"
        return f"unsafe {one} = {self.name}"


class OneOf:
    """A oneof: an optional enum whose cases carry messages."""

    def __init__(self, proto):
        self.proto = proto
        self.name = naming.lower_camel(proto.name)
        self.enum = naming.oneof_name(proto)
        self.swift_type, self.default, self.uses_core = f"{self.enum}?", "nil", False
        self.arms = list(proto.fields)
        for arm in self.arms:
            if arm.type != F.TYPE_MESSAGE or arm.message_type.full_name in VALUES:
                raise SystemExit(f"{arm.full_name}: the generator knows oneofs of messages only")


def members(message):
    """Fields and oneofs of a message in the order of the proto."""
    result, seen = [], set()
    for proto in message.fields:
        oneof = proto.containing_oneof
        if oneof is None:
            result.append(Field(proto))
        elif oneof.name not in seen:
            seen.add(oneof.name)
            result.append(OneOf(oneof))
    return result


def nested_messages(message):
    """Nested messages that are not the entries of a map."""
    return [inner for inner in message.nested_types if not inner.GetOptions().map_entry]


def map_entries(message):
    return [inner for inner in message.nested_types if inner.GetOptions().map_entry]
