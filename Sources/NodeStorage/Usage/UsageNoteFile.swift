internal import DiskFormat
internal import DriverCore

/// The note of a volume's use, `<usage-dir>/<volume id>.json`.
///
/// A note of the first release names no version; it is read as version 1.
struct UsageNoteFile: DiskFile {
    static let version = 1

    let usage: UsageNote

    private enum Key: String, CodingKey {
        case formatVersion, staging, publications, isRemovalPending
    }

    init(_ usage: UsageNote) { self.usage = usage }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        try Self.check(version: keys.decodeIfPresent(Int.self, forKey: .formatVersion) ?? 1)
        usage = UsageNote(
            staging: try keys.decodeIfPresent(StagingOnDisk.self, forKey: .staging)?.staging,
            publications: try keys.decode([PublicationOnDisk].self, forKey: .publications)
                .map(\.publication),
            isRemovalPending: try keys.decodeIfPresent(Bool.self, forKey: .isRemovalPending)
                ?? false,
            unknown: try UnknownKeys(in: decoder, besides: Key.self)
        )
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(Self.version, forKey: .formatVersion)
        try keys.encodeIfPresent(usage.staging.map(StagingOnDisk.init), forKey: .staging)
        try keys.encode(usage.publications.map(PublicationOnDisk.init), forKey: .publications)
        if usage.isRemovalPending { try keys.encode(true, forKey: .isRemovalPending) }
        try usage.unknown.encode(to: encoder)
    }
}

/// `staging`.
private struct StagingOnDisk: Codable {
    let staging: UsageNote.Staging

    private enum Key: String, CodingKey { case path, mountedAt, access }

    init(_ staging: UsageNote.Staging) { self.staging = staging }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let access = try keys.decode(AccessOnDisk.self, forKey: .access)
        staging = UsageNote.Staging(
            path: try keys.decode(String.self, forKey: .path),
            mountedAt: try keys.decode(String.self, forKey: .mountedAt),
            access: access.access,
            unknown: UsageNote.Unknown(
                own: try UnknownKeys(in: decoder, besides: Key.self),
                access: access.unknown
            )
        )
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(staging.path, forKey: .path)
        try keys.encode(staging.mountedAt, forKey: .mountedAt)
        try keys.encode(AccessOnDisk(staging.access, staging.unknown.access), forKey: .access)
        try staging.unknown.own.encode(to: encoder)
    }
}

/// An element of `publications`.
private struct PublicationOnDisk: Codable {
    let publication: UsageNote.Publication

    private enum Key: String, CodingKey { case target, mountedAt, access, isReadOnly }

    init(_ publication: UsageNote.Publication) { self.publication = publication }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        let access = try keys.decode(AccessOnDisk.self, forKey: .access)
        publication = UsageNote.Publication(
            target: try keys.decode(String.self, forKey: .target),
            mountedAt: try keys.decode(String.self, forKey: .mountedAt),
            access: access.access,
            isReadOnly: try keys.decode(Bool.self, forKey: .isReadOnly),
            unknown: UsageNote.Unknown(
                own: try UnknownKeys(in: decoder, besides: Key.self),
                access: access.unknown
            )
        )
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        let access = AccessOnDisk(publication.access, publication.unknown.access)
        try keys.encode(publication.target, forKey: .target)
        try keys.encode(publication.mountedAt, forKey: .mountedAt)
        try keys.encode(access, forKey: .access)
        try keys.encode(publication.isReadOnly, forKey: .isReadOnly)
        try publication.unknown.own.encode(to: encoder)
    }
}

/// `access`.
private struct AccessOnDisk: Codable {
    let access: UsageNote.UsedAccess
    let unknown: UnknownKeys

    private enum Key: String, CodingKey { case mode, isBlock, filesystem, mountFlags }

    init(_ access: UsageNote.UsedAccess, _ unknown: UnknownKeys) {
        self.access = access
        self.unknown = unknown
    }

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: Key.self)
        access = UsageNote.UsedAccess(
            mode: try keys.choice(.mode),
            isBlock: try keys.decode(Bool.self, forKey: .isBlock),
            filesystem: try keys.choiceIfPresent(.filesystem),
            mountFlags: try keys.decode([String].self, forKey: .mountFlags)
        )
        unknown = try UnknownKeys(in: decoder, besides: Key.self)
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: Key.self)
        try keys.encode(access.mode.rawValue, forKey: .mode)
        try keys.encode(access.isBlock, forKey: .isBlock)
        try keys.encodeIfPresent(access.filesystem?.rawValue, forKey: .filesystem)
        try keys.encode(access.mountFlags, forKey: .mountFlags)
        try unknown.encode(to: encoder)
    }
}
