package import DriverCore

/// A message of the contract as a Swift value; everything C stays inside this target.
package protocol CSIMessage: Sendable, Hashable {
    init()

    /// Reads the bytes of one message.
    ///
    /// Throws `invalidRequest`, naming the message, for bytes that are no such message and for text
    /// that is not UTF-8 or holds a NUL. Fields that this version does not know are skipped.
    init(decoding bytes: [UInt8]) throws(DriverError)

    /// The bytes of the message, the same for equal values.
    ///
    /// Throws `invalidRequest` where a text holds a NUL, which protobuf-c cannot carry.
    func encoded() throws(DriverError) -> [UInt8]
}

/// A message that is sent to one RPC and answered by one message.
package protocol CSIRequest: CSIMessage {
    associatedtype Response: CSIMessage

    /// The full path on the wire: `/csi.v1.Controller/CreateVolume`.
    static var method: String { get }
}

/// A message that is sent to one RPC and answered by a stream of messages.
package protocol CSIStreamRequest: CSIMessage {
    associatedtype Response: CSIMessage

    /// The full path on the wire: `/csi.v1.SnapshotMetadata/GetMetadataDelta`.
    static var method: String { get }
}
