import CCSIProto
import DriverCore

/// One pair of a map on the wire, which protobuf-c sees as a message of two texts.
protocol WireMapEntry {
    init()

    // C fields without nullability come in as `!`, and only `!` matches that.
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var key: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var value: UnsafeMutablePointer<CChar>! { get set }

    /// Puts the descriptor in place.
    mutating func prepare()
}

/// What the C structs of one message point at while it is encoded; freed together with the arena.
@safe
struct WireArena: ~Copyable {
    typealias List<Element> = UnsafeMutablePointer<UnsafeMutablePointer<Element>?>

    private var blocks: [UnsafeMutableRawPointer]

    init() { unsafe blocks = [] }

    deinit {
        unsafe blocks.forEach { unsafe $0.deallocate() }
    }

    mutating func text(_ text: String) throws(DriverError) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8
        guard !bytes.contains(0) else {
            throw DriverError(.invalidRequest, "a text has a NUL byte, which cannot be sent")
        }
        let copy = unsafe allocate(bytes.count + 1, of: CChar.self)
        unsafe copy.initialize(repeating: 0, count: bytes.count + 1)
        for (offset, byte) in bytes.enumerated() {
            unsafe copy[offset] = CChar(bitPattern: byte)
        }
        return unsafe copy
    }

    /// The C struct of a message, filled.
    mutating func wire<Message: WireMessage>(of message: Message) throws(DriverError)
        -> UnsafeMutablePointer<Message.CMessage>
    {
        let wire = unsafe store(Message.unset)
        try unsafe message.fill(&wire.pointee, from: &self)
        return unsafe wire
    }

    mutating func message<Message: WireMessage>(_ message: Message?) throws(DriverError)
        -> UnsafeMutablePointer<Message.CMessage>?
    {
        guard let message else { return nil }
        return try unsafe wire(of: message)
    }

    mutating func texts(_ texts: [String]) throws(DriverError) -> (List<CChar>, Int) {
        let list = unsafe allocate(texts.count, of: UnsafeMutablePointer<CChar>?.self)
        for (index, text) in texts.enumerated() {
            unsafe (list + index).initialize(to: try self.text(text))
        }
        return unsafe (list, texts.count)
    }

    mutating func messages<Message: WireMessage>(_ messages: [Message]) throws(DriverError)
        -> (List<Message.CMessage>, Int)
    {
        let list = unsafe allocate(
            messages.count,
            of: UnsafeMutablePointer<Message.CMessage>?.self
        )
        for (index, message) in messages.enumerated() {
            unsafe (list + index).initialize(to: try wire(of: message))
        }
        return unsafe (list, messages.count)
    }

    /// Sorted by key, so that equal maps are equal bytes.
    mutating func map<Entry: WireMapEntry>(_ pairs: [String: String]) throws(DriverError)
        -> (List<Entry>, Int)
    {
        let list = unsafe allocate(pairs.count, of: UnsafeMutablePointer<Entry>?.self)
        for (index, pair) in pairs.sorted(by: { $0.key < $1.key }).enumerated() {
            var entry = Entry()
            entry.prepare()
            unsafe entry.key = try text(pair.key)
            unsafe entry.value = try text(pair.value)
            unsafe (list + index).initialize(to: store(entry))
        }
        return unsafe (list, pairs.count)
    }

    mutating func bool(_ value: Bool?) -> UnsafeMutablePointer<Google__Protobuf__BoolValue>? {
        guard let value else { return nil }
        var wire = unsafe Google__Protobuf__BoolValue()
        unsafe google__protobuf__bool_value__init(&wire)
        unsafe wire.value = value ? 1 : 0
        return unsafe store(wire)
    }

    mutating func int64(_ value: Int64?) -> UnsafeMutablePointer<Google__Protobuf__Int64Value>? {
        guard let value else { return nil }
        var wire = unsafe Google__Protobuf__Int64Value()
        unsafe google__protobuf__int64_value__init(&wire)
        unsafe wire.value = value
        return unsafe store(wire)
    }

    mutating func timestamp(_ value: Timestamp?)
        -> UnsafeMutablePointer<Google__Protobuf__Timestamp>?
    {
        guard let value else { return nil }
        var wire = unsafe Google__Protobuf__Timestamp()
        unsafe google__protobuf__timestamp__init(&wire)
        unsafe wire.seconds = value.seconds
        unsafe wire.nanos = value.nanoseconds
        return unsafe store(wire)
    }

    private mutating func store<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
        let pointer = unsafe allocate(1, of: Value.self)
        unsafe pointer.initialize(to: value)
        return unsafe pointer
    }

    private mutating func allocate<Value>(_ count: Int, of type: Value.Type)
        -> UnsafeMutablePointer<Value>
    {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: max(count, 1))
        unsafe blocks.append(UnsafeMutableRawPointer(pointer))
        return unsafe pointer
    }
}
