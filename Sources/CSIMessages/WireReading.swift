import CCSIProto
import DriverCore

// Copies out of what protobuf-c unpacked. The text has passed `checkText`, so reading up to the NUL
// reads all of it, and no byte needs repair.

func readText(_ text: UnsafeMutablePointer<CChar>?) -> String {
    guard let text = unsafe text else { return "" }
    return unsafe String(cString: text)
}

func readTexts(_ texts: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int)
    -> [String]
{
    unsafe UnsafeBufferPointer(start: texts, count: count).map { unsafe readText($0) }
}

func readMessage<Message: WireMessage>(_ wire: UnsafeMutablePointer<Message.CMessage>?)
    -> Message?
{
    guard let wire = unsafe wire else { return nil }
    return unsafe Message(copying: wire.pointee)
}

func readMessages<Message: WireMessage>(
    _ wires: UnsafeMutablePointer<UnsafeMutablePointer<Message.CMessage>?>?,
    _ count: Int
) -> [Message] {
    unsafe UnsafeBufferPointer(start: wires, count: count).compactMap { unsafe readMessage($0) }
}

/// The pairs of a map; of a key that came twice the last value counts, as protobuf asks.
func readMap<Entry: WireMapEntry>(
    _ entries: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?,
    _ count: Int
) -> [String: String] {
    unsafe UnsafeBufferPointer(start: entries, count: count).reduce(into: [:]) { pairs, entry in
        guard let entry = unsafe entry?.pointee else { return }
        unsafe pairs[readText(entry.key)] = unsafe readText(entry.value)
    }
}

func readBool(_ wire: UnsafeMutablePointer<Google__Protobuf__BoolValue>?) -> Bool? {
    guard let wire = unsafe wire else { return nil }
    return unsafe wire.pointee.value != 0
}

func readInt64(_ wire: UnsafeMutablePointer<Google__Protobuf__Int64Value>?) -> Int64? {
    guard let wire = unsafe wire else { return nil }
    return unsafe wire.pointee.value
}

func readTimestamp(_ wire: UnsafeMutablePointer<Google__Protobuf__Timestamp>?) -> Timestamp? {
    guard let wire = unsafe wire else { return nil }
    return unsafe Timestamp(seconds: wire.pointee.seconds, nanoseconds: wire.pointee.nanos)
}
