package import DriverCore

/// Who this driver instance is: what its ids, its topology and its answers to Identity are made of.
package struct NodeIdentity: Sendable {
    /// The one topology key that every volume carries.
    package static let topologyKey = "topology.cairn.storage/node"

    package let driverName: String
    package let version: String
    package let nodeID: String
    /// All segments, the node's own included.
    package let segments: [String: String]
    private let digest: String

    /// Throws `invalidRequest` for names outside of the CSI limits.
    package init(driverName: String, version: String, nodeID: String, topology: [String: String])
        throws(DriverError)
    {
        try Self.check(driverName: driverName)
        try Self.check(nodeID: nodeID)
        for (key, value) in topology { try Self.check(segment: key, value) }
        self.driverName = driverName
        self.version = version
        self.nodeID = nodeID
        segments = topology.merging([Self.topologyKey: nodeID]) { _, own in own }
        digest = SHA256.hex(of: nodeID)
    }

    package func volumeID(forName name: String) -> VolumeID {
        VolumeID(nodeDigest: digest, nameDigest: SHA256.hex(of: name))
    }

    /// The id that a volume of this name has on a node.
    package static func volumeID(forName name: String, onNode nodeID: String) -> VolumeID {
        VolumeID(nodeDigest: SHA256.hex(of: nodeID), nameDigest: SHA256.hex(of: name))
    }

    /// The id that a snapshot of this name has on a node.
    package static func snapshotID(forName name: String, onNode nodeID: String) -> SnapshotID {
        SnapshotID(nodeDigest: SHA256.hex(of: nodeID), nameDigest: SHA256.hex(of: name))
    }

    /// The part of an id that names a node: 16 hex digits.
    package static func idDigest(ofNode nodeID: String) -> String {
        String(SHA256.hex(of: nodeID).prefix(16))
    }

    package func snapshotID(forName name: String) -> SnapshotID {
        SnapshotID(nodeDigest: digest, nameDigest: SHA256.hex(of: name))
    }

    /// Whether an id was made for this node.
    ///
    /// Storage is asked first: a renamed node keeps serving what lies on its disks.
    package func owns(_ id: some ObjectID) -> Bool {
        id.nodeDigest.hasSameBytes(as: digest.prefix(16))
    }

    /// Whether every segment of a topology is one of this node's.
    package func satisfies(_ topology: [String: String]) -> Bool {
        topology.allSatisfy { segments[$0.key]?.hasSameBytes(as: $0.value) ?? false }
    }

    /// Source: CSI GetPluginInfoResponse.name: domain-like, at most 63 characters.
    private static func check(driverName: String) throws(DriverError) {
        let bytes = Array(driverName.utf8)
        guard (1...63).contains(bytes.count), bytes.allSatisfy(isNameByte),
            let first = bytes.first, let last = bytes.last, isAlphanumeric(first),
            isAlphanumeric(last)
        else {
            throw DriverError(
                .invalidRequest,
                "driver name '\(driverName)' is invalid: use 1 to 63 letters, digits, '-' and '.', "
                    + "with a letter or a digit at both ends"
            )
        }
    }

    /// Source: CSI NodeGetInfoResponse.node_id (at most 256 bytes), and the topology value that it
    /// becomes (at most 63 characters).
    private static func check(nodeID: String) throws(DriverError) {
        try check(segment: topologyKey, nodeID)
    }

    /// Source: CSI Topology: key `prefix/name`, prefix and name at most 63; value at most 63.
    private static func check(segment key: String, _ value: String) throws(DriverError) {
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isKeyValid =
            (1...2).contains(parts.count)
            && parts.allSatisfy { (1...63).contains($0.count) && $0.allSatisfy(isNameByte) }
        let bytes = Array(value.utf8)
        guard isKeyValid, (1...63).contains(bytes.count), bytes.allSatisfy(isNameByte),
            let first = bytes.first, let last = bytes.last, isAlphanumeric(first),
            isAlphanumeric(last)
        else {
            throw DriverError(
                .invalidRequest,
                "topology segment '\(key)=\(value)' is invalid: use 1 to 63 letters, digits, "
                    + "'-', '_' and '.' for key and value; the value needs a letter or a digit "
                    + "at both ends"
            )
        }
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private func isNameByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        || byte == UInt8(ascii: "_")
}
