import CCSIProto
import DriverCore

/// Refuses a message with a text that is not UTF-8 or holds a NUL, before protobuf-c unpacks it.
///
/// protobuf-c hands out C strings: after it, what stood behind a NUL is gone without a trace. The
/// error names the field and never shows its value, which may be a secret. The nesting is bounded
/// because no message of the contract holds itself.
func checkText(
    in bytes: ArraySlice<UInt8>,
    of descriptor: UnsafePointer<ProtobufCMessageDescriptor>
) throws(DriverError) {
    var cursor = WireCursor(bytes)
    while let field = try cursor.next() {
        guard let payload = field.payload,
            let known = unsafe protobuf_c_message_descriptor_get_field(descriptor, field.number)
        else { continue }
        do {
            try unsafe checkText(in: payload, of: known.pointee)
        } catch {
            throw error.adding(context: unsafe String(cString: known.pointee.name))
        }
    }
}

private func checkText(in payload: ArraySlice<UInt8>, of field: ProtobufCFieldDescriptor)
    throws(DriverError)
{
    switch unsafe field.type {
    case PROTOBUF_C_TYPE_STRING:
        try checkText(payload)
    case PROTOBUF_C_TYPE_MESSAGE:
        try unsafe checkText(
            in: payload,
            of: field.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
        )
    default:
        return
    }
}

private func checkText(_ payload: ArraySlice<UInt8>) throws(DriverError) {
    guard !payload.contains(0) else {
        throw DriverError(.invalidRequest, "the text has a NUL byte")
    }
    do {
        _ = try UTF8Span(validating: payload.span)
    } catch {
        throw DriverError(.invalidRequest, "the text is not UTF-8")
    }
}
