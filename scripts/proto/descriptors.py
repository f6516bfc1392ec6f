"""Descriptor sets: read with their comments and options, and cut down for protoc-c."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

CSI_SECRET = "csi.v1.csi_secret"
# Field numbers of protobuf-c's own options: FileOptions.pb_c_file and gen_pack_helpers in it.
PB_C_FILE, GEN_PACK_HELPERS = 1019, 2
OPTIONS_FILE = "google/protobuf/descriptor.proto"


def read(path):
    with open(path, "rb") as file:
        return descriptor_pb2.FileDescriptorSet.FromString(file.read())


def pool(files):
    """The files as linked descriptors."""
    result = descriptor_pool.DescriptorPool()
    for file in files.file:
        result.Add(file)
    return result


def _varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def plain(files):
    """The same messages, without comments, custom options, services and a pack function for each.

    protoc-c ignores custom options but would make us compile all of descriptor.proto for them, and
    the generic pack and unpack functions of libprotobuf-c are all that CSIMessages calls. The C of
    a service has a field for each RPC, and no field of C can be called `register`.
    """
    no_helpers = _varint(GEN_PACK_HELPERS << 3) + b"\0"
    option = _varint(PB_C_FILE << 3 | 2) + _varint(len(no_helpers)) + no_helpers
    result = descriptor_pb2.FileDescriptorSet()
    for file in files.file:
        if file.name == OPTIONS_FILE:
            continue
        del file.extension[:]
        if OPTIONS_FILE in file.dependency:
            file.dependency.remove(OPTIONS_FILE)
        file.ClearField("service")
        file.ClearField("source_code_info")
        file.options.MergeFromString(option)
        result.file.append(file)
    return result


def is_secret(field):
    """Whether the field carries the option csi_secret."""
    known = field.file.pool
    options = message_class(known.FindMessageTypeByName("google.protobuf.FieldOptions"))
    raw = field.GetOptions().SerializeToString()
    return options.FromString(raw).Extensions[known.FindExtensionByName(CSI_SECRET)]


def message_class(descriptor):
    """The Python class of a message of this pool."""
    return message_factory.MessageFactory(descriptor.file.pool).GetPrototype(descriptor)


def comments(files):
    """Leading comments by full name, for messages, enums, enum values, fields and RPCs."""
    found = {}
    for file in files.file:
        for location in file.source_code_info.location:
            if location.leading_comments:
                name = _name_at(file, list(location.path))
                found[name] = location.leading_comments.strip()
    return found


def _name_at(file, path):
    """Follows a source path (pairs of field number and index) to the full name it describes."""
    node, names = file, [file.package]
    while len(path) >= 2:
        field = node.DESCRIPTOR.fields_by_number.get(path[0])
        if field is None or field.label != field.LABEL_REPEATED:
            break
        node, path = getattr(node, field.name)[path[1]], path[2:]
        names.append(getattr(node, "name", ""))
    return ".".join(names)
