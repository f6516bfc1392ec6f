import CCSIProto
import DriverCore

/// The two copies that the generated code makes for each message: out of the C struct, and into it.
protocol WireMessage: CSIMessage {
    /// The struct that protoc-c generated; it begins with a `ProtobufCMessage`.
    associatedtype CMessage

    /// The struct with its descriptor in place and no field set.
    static var unset: CMessage { get }

    init(copying wire: CMessage)

    /// Sets the fields; what they point at belongs to the arena.
    func fill(_ wire: inout CMessage, from arena: inout WireArena) throws(DriverError)
}

extension WireMessage {
    @safe
    package init(decoding bytes: [UInt8]) throws(DriverError) {
        let descriptor = unsafe Self.descriptor
        do {
            try unsafe checkText(in: bytes[...], of: descriptor)
        } catch {
            throw error.adding(context: "\(Self.self)")
        }
        let unpacked = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe protobuf_c_message_unpack(descriptor, nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked = unsafe unpacked else {
            throw DriverError(
                .invalidRequest,
                "\(Self.self): the bytes are not a message of this type"
            )
        }
        defer { unsafe protobuf_c_message_free_unpacked(unpacked, nil) }
        let wire = unsafe UnsafeRawPointer(unpacked).assumingMemoryBound(to: CMessage.self)
        unsafe self.init(copying: wire.pointee)
    }

    @safe
    package func encoded() throws(DriverError) -> [UInt8] {
        var arena = WireArena()
        let wire: UnsafeMutablePointer<CMessage>
        do {
            unsafe wire = try arena.wire(of: self)
        } catch {
            throw error.adding(context: "\(Self.self)")
        }
        let base = unsafe UnsafeRawPointer(wire).assumingMemoryBound(to: ProtobufCMessage.self)
        let size = unsafe protobuf_c_message_get_packed_size(base)
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            // An empty buffer may have no address, and pack wants one.
            guard let start = buffer.baseAddress, size > 0 else { return }
            count = unsafe protobuf_c_message_pack(base, start)
        }
    }

    /// protobuf-c's table of the fields; it lives as long as the process.
    private static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        var message = unset
        return unsafe withUnsafeBytes(of: &message) { bytes in
            unsafe bytes.load(as: ProtobufCMessage.self).descriptor
        }
    }
}
