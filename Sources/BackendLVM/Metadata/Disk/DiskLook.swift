import DriverCore
import Host

/// Reads a range of a device, as ``StoredBytes`` does; what lies behind its end is left out.
typealias DeviceRead =
    @Sendable (_ device: String, _ offset: Int64, _ count: Int) throws(DriverError) -> [UInt8]

/// The result of one scan of a disk: its id, and the texts that its areas point to.
struct DiskLook: Sendable, Hashable {
    /// The label and, where LVM puts it, the header of the first area.
    private static let headSize = 8192

    let device: String
    let label: DiskLabel
    let headers: [AreaHeader]
    /// What is wrong with its areas; nil where nothing is.
    let damage: String?

    /// Reads the label and the head of each area: one read, and one more for each further area.
    ///
    /// Throws `unavailable` for a device that does not answer or is no disk of LVM (any longer).
    init(at device: String, read: DeviceRead) throws(DriverError) {
        self.device = device
        let head = try read(device, 0, Self.headSize)
        do throws(DriverError) {
            guard let label = try DiskLabel(in: head) else {
                throw DriverError(.unavailable, "not an LVM disk, or no longer one")
            }
            self.label = label
        } catch {
            throw error.adding(context: device)
        }
        (headers, damage) = try Self.headers(of: label, device, head, read)
    }

    private static func headers(
        of label: DiskLabel,
        _ device: String,
        _ head: [UInt8],
        _ read: DeviceRead
    ) throws(DriverError) -> ([AreaHeader], damage: String?) {
        var headers: [AreaHeader] = []
        var damage: String?
        for area in label.areas {
            let end = area.start + Int64(AreaHeader.size)
            let bytes =
                end <= Int64(head.count)
                ? Array(head[Int(area.start)..<Int(end)])
                : try read(device, area.start, AreaHeader.size)
            do throws(DriverError) {
                headers.append(try AreaHeader(parsing: bytes, of: area))
            } catch {
                damage = "\(device): \(error.message) (at byte \(area.start))"
            }
        }
        return (headers, damage)
    }

    /// Reads the text that a header points to.
    ///
    /// Throws `unavailable` where it is not the text that the header was written for: it was
    /// overwritten meanwhile, or is damaged.
    func text(at header: AreaHeader, read: DeviceRead) throws(DriverError) -> [UInt8] {
        var text: [UInt8] = []
        for range in header.textRanges {
            text += try read(device, range.lowerBound, range.count)
        }
        guard text.count == Int(header.textSize), MetadataChecksum.of(text) == header.checksum
        else {
            throw DriverError(
                .unavailable,
                "\(device): the metadata text does not match its checksum; check the disk's "
                    + "health and `vgck`"
            )
        }
        return text
    }
}
