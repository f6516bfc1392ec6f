import CHostShim
import DriverCore
import Glibc

/// What a device contains, as far as reading shows; it never writes.
///
/// Only `blank` allows mkfs, and only together with a record that says "never formatted": the
/// middle of the device is not looked at.
package enum Probe: Sendable, Hashable {
    /// A file system, by the name that mount(2) uses.
    case filesystem(type: String, uuid: String?)
    /// `gpt`, `dos`, ...
    case partitionTable(String)
    /// Other data, in words.
    case other(String)
    /// libblkid finds nothing, and the first and the last MiB are zeros.
    case blank
    /// The device cannot be read; the reason in words.
    case cannotTell(String)

    package static func look(at device: borrowing HeldDevice) -> Probe {
        do throws(DriverError) {
            switch try signature(on: device) {
            case .some(let found): return found
            case nil: break
            }
            let edges = try DeviceEdges.areZero(of: device)
            return edges ? .blank : .other("data that libblkid does not know")
        } catch {
            return .cannotTell(error.message)
        }
    }

    /// The same for the device that has the name now.
    package static func look(atDeviceNamed path: String) -> Probe {
        do throws(DriverError) {
            return look(at: try HeldDevice(opening: path))
        } catch {
            return .cannotTell(error.message)
        }
    }

    /// What was found, for a message: `an ext4 file system`.
    package var inWords: String {
        switch self {
        case .filesystem(let type, _): "a file system of type \(type)"
        case .partitionTable(let type): "a partition table of type \(type)"
        case .other(let what): what
        case .blank: "nothing"
        case .cannotTell(let reason): "something that cannot be read (\(reason))"
        }
    }

    /// What libblkid finds; nil where it finds nothing.
    private static func signature(on device: borrowing HeldDevice)
        throws(DriverError) -> Probe?
    {
        var found = chost_probe()
        let result = unsafe chost_probe_device(device.descriptor.rawValue, &found)
        switch Int(result) {
        case Int(chost_probe_nothing): return nil
        case Int(chost_probe_found): return describe(found)
        case Int(chost_probe_ambivalent):
            return .other("several signatures that contradict each other")
        default: throw Errno(code: errno).failure(to: "probe \(device.path)")
        }
    }

    private static func describe(_ found: chost_probe) -> Probe {
        let type = text(found.type)
        let uuid = text(found.uuid)
        let table = text(found.partition_table)
        if text(found.usage) == "filesystem" {
            return .filesystem(type: type, uuid: uuid.isEmpty ? nil : uuid)
        }
        if !type.isEmpty { return .other("data of type \(type)") }
        return table.isEmpty ? .other("data of an unnamed type") : .partitionTable(table)
    }

    /// A C array of characters, which Swift sees as a tuple, as text.
    private static func text<Characters>(_ characters: Characters) -> String {
        unsafe withUnsafeBytes(of: characters) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
