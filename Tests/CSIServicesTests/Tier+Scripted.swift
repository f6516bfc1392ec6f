import DriverCore
import NodeStorage
import TestSupport

extension Tier {
    init(_ backend: ScriptedBackend) {
        self.init(named: backend.tier, over: backend, defaultFilesystem: .ext4)
    }
}
