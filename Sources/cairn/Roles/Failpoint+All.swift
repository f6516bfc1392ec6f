import BackendLVM
import BackendLoop
import CSIServices
import Host
import NodeStorage

extension Failpoint {
    /// Every failpoint of the binary.
    static let all =
        ofFiles + ofDevices + ofMounting + ofNodeService + ofLoopObjects + ofLoopPools + ofLVM
}
