import Backend
import DriverCore
import Host
import TestSupport
import Testing

@testable import BackendLoop

/// Two drivers of one host that have a volume of the same id.
@Suite(.timeLimit(.minutes(5)))
struct SameVolumeTests {
    @Test func `a device whose pool was unmounted lazily is not taken for another pool's`() throws {
        try withPool(.ext4Thin) { other in
            let id = try other.backend.create(volumeRecord("a")).id
            let stray = try other.backend.attach(id)
            try withTemporaryFolder { folder in
                let path = folder.path(of: "pool")
                try PlainPool.makePool(path)
                let own = try PlainPool.backend(path).create(volumeRecord("a")).id
                #expect(own == id)
                let device = try PlainPool.backend(path).attach(id)
                // The kernel shows the file of the other pool as /volumes/<id>/data now.
                Paths.forceUnmount(other.path)
                let fresh = try PlainPool.backend(path)
                #expect(try fresh.device(of: id) == device)
                try fresh.detach(id)
                try other.mountAgain()
                #expect(try other.backend.attachment(of: id) == stray)
                #expect(try PlainPool.backend(path).attachment(of: id) == nil)
                try other.backend.deleteVolume(id)
            }
        }
    }

    @Test func `a removed file's device is looked for in its own pool alone`() throws {
        try withTemporaryFolder { folder in
            for name in ["one", "two"] {
                try Paths.makeFolder(folder.path(of: name))
                try PlainPool.makePool(folder.path(of: "\(name)/pool"))
            }
            let (one, two) = (folder.path(of: "one/pool"), folder.path(of: "two/pool"))
            let id = try PlainPool.backend(one).create(volumeRecord("a")).id
            let device = try PlainPool.backend(one).attach(id)
            try Paths.remove("\(one)/volumes/\(id)/data")
            // Of two pools on one file system, the other one has no such volume at all.
            let other = try PlainPool.backend(two).create(volumeRecord("a")).id
            try Paths.remove("\(two)/volumes/\(other)/data")
            try? PlainPool.backend(two).deleteVolume(other)
            #expect(try LoopDevices.files().contains { $0.device.path == device.path })
            try PlainPool.backend(one).deleteVolume(id)
            #expect(
                try !LoopDevices.files().contains {
                    $0.device.path == device.path && $0.volume == id
                }
            )
        }
    }
}
