"""One Swift value and its bytes for every message: all fields set, each arm of each oneof.

The bytes come from Python's protobuf, so the tests compare protobuf-c and our copying with another
implementation.
"""

import textwrap

from google.protobuf.descriptor import FieldDescriptor as F

import descriptors
import model
import naming

VALUES = {
    "Bool": ({"value": True}, "true"),
    "Int64": ({"value": 1 << 40}, str(1 << 40)),
    "Timestamp": (
        {"seconds": 1790000000, "nanos": 123456789},
        "Timestamp(seconds: 1_790_000_000, nanoseconds: 123_456_789)"),
}


class Sampler:
    def __init__(self, arm):
        self.arm = arm

    def build(self, descriptor):
        """A Python message with every field set, and the Swift expression for it."""
        message = descriptors.message_class(descriptor)()
        arguments = []
        for member in model.members(descriptor):
            if isinstance(member, model.OneOf):
                text = self.set_oneof(message, member)
            else:
                text = self.set_field(message, member)
            arguments.append(f"{member.name.strip('`')}: {text}")
        return message, f"{naming.swift_path(descriptor)}({', '.join(arguments)})"

    def set_oneof(self, message, oneof):
        arm = oneof.arms[self.arm % len(oneof.arms)]
        inner, text = self.build(arm.message_type)
        target = getattr(message, arm.name)
        target.SetInParent()
        target.CopyFrom(inner)
        return f".{naming.lower_camel(arm.name)}({text})"

    def set_field(self, message, field):
        proto, name = field.proto, field.proto.name
        if field.is_map:
            pairs = {"a": f"{name} \u00e9", "b": f"{name} \U0001F5C4"}
            getattr(message, name).update(pairs)
            text = "[" + ", ".join(f'"{key}": "{value}"' for key, value in pairs.items()) + "]"
            return f"Secrets({text})" if field.is_secret else text
        if field.repeated:
            return self.set_repeated(message, field)
        if field.value:
            values, text = VALUES[field.value[0]]
            for part, value in values.items():
                setattr(getattr(message, name), part, value)
            return text
        if proto.type == F.TYPE_MESSAGE:
            inner, text = self.build(proto.message_type)
            getattr(message, name).SetInParent()
            getattr(message, name).CopyFrom(inner)
            return text
        value, text = self.scalar(proto)
        setattr(message, name, value)
        return text

    def set_repeated(self, message, field):
        name, target = field.proto.name, getattr(message, field.proto.name)
        if field.proto.type == F.TYPE_STRING:
            values = [f"{name} 1", f"{name} 2"]
            target.extend(values)
            return "[" + ", ".join(f'"{value}"' for value in values) + "]"
        inner, text = self.build(field.proto.message_type)
        target.extend([inner, inner])
        return f"[{text}, {text}]"

    def scalar(self, proto):
        if proto.type == F.TYPE_ENUM:
            value = proto.enum_type.values[-1]
            return value.number, f".{naming.lower_camel(value.name)}"
        if proto.type == F.TYPE_STRING:
            return f"{proto.name} \u00e9", f'"{proto.name} \u00e9"'
        if proto.type == F.TYPE_BOOL:
            return True, "true"
        # Negative numbers take ten bytes on the wire.
        number = -proto.number if proto.number % 2 else 1000 * proto.number
        return number, str(number)


def every_message(messages):
    for message in messages:
        yield message
        yield from every_message(model.nested_messages(message))


def arms(message):
    """How many samples show every arm of the oneofs of this message itself."""
    return max([len(m.arms) for m in model.members(message) if isinstance(m, model.OneOf)] or [1])


def files(linked, file):
    """One table for each service, by the messages of its RPCs, and one for the rest."""
    groups, taken = {}, set()
    for service in file.services_by_name.values():
        rpcs = [part for m in service.methods for part in (m.input_type, m.output_type)]
        groups[service.name] = list(every_message(rpcs))
        taken.update(message.name for message in rpcs)
    rest = [m for m in file.message_types_by_name.values() if m.name not in taken]
    # Each file has its own: CsiShared, CairnShared.
    shared = file.package.partition(".")[0].capitalize() + "Shared"
    groups[shared] = list(every_message(rest))
    for name, messages in groups.items():
        if messages:
            yield f"{name}Samples.swift", _table(name, messages)


def _table(group, messages):
    entries = [
        Sampler(arm).build(message) for message in messages for arm in range(arms(message))]
    variable = f"{group[0].lower()}{group[1:]}Samples"
    lines = ["import CSIMessages", "import DriverCore", ""]
    names = []
    for index, (message, text) in enumerate(entries):
        name = f"{variable}{index}"
        names.append(name)
        data = message.SerializeToString(deterministic=True).hex()
        rows = "\n".join(textwrap.wrap(data, 90))
        lines += [f'private let {name} = MessageSample(\n{text},\n"""\n{rows}\n""")', ""]
    joined = ", ".join(names)
    lines += ["/// Every field set; the bytes were made by another implementation.",
              f"let {variable}: [MessageSample] = [{joined}]", ""]
    return "\n".join(lines)
