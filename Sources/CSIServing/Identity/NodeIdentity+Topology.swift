package import CSIMessages
package import Naming

extension NodeIdentity {
    package var topology: Topology { Topology(segments: segments) }
}
