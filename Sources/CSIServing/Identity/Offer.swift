internal import CSIMessages

/// One thing that the driver as a whole offers, whichever of its processes is asked.
///
/// A node that serves its Controller at another endpoint offers it there all the same. Source: CSI
/// GetPluginCapabilities is answered alike by the controllers and nodes of one version.
package enum Offer: Sendable, CaseIterable {
    /// There is a Controller service.
    case controller
    /// A volume is reached from some nodes only.
    case topology
    /// A volume grows while it is in use.
    case onlineExpansion

    var capability: PluginCapability {
        switch self {
        case .controller: .init(type: .service(.init(type: .controllerService)))
        case .topology: .init(type: .service(.init(type: .volumeAccessibilityConstraints)))
        case .onlineExpansion: .init(type: .volumeExpansion(.init(type: .online)))
        }
    }
}
