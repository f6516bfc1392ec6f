extension Channel {
    /// The endpoint in C-core's words.
    static func target(_ endpoint: Endpoint) -> String {
        switch endpoint {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): "dns:///\(Endpoint.joined(host, port))"
        }
    }

    static func arguments(_ endpoint: Endpoint, _ options: ChannelOptions) -> TransportOptions {
        let arguments = TransportOptions()
        arguments.setShared(
            maximumMessageBytes: options.maximumMessageBytes,
            keepalive: options.keepalive
        )
        arguments.set("grpc.max_metadata_size", options.maximumMetadataBytes)
        // A proxy named in the environment is for the internet, not for this cluster's nodes.
        arguments.set("grpc.enable_http_proxy", 0)
        arguments.set("grpc.service_config_disable_resolution", 1)
        // Retries belong to the caller, who knows what may be repeated.
        arguments.set("grpc.enable_retries", 0)
        // A channel is a connection of its own, so that closing it closes it.
        arguments.set("grpc.use_local_subchannel_pool", 1)
        // A restarted driver is back within a second; C-core's steps grow to two minutes.
        arguments.set("grpc.initial_reconnect_backoff_ms", 100)
        arguments.set("grpc.max_reconnect_backoff_ms", 5000)
        if case .unix = endpoint {
            // Other gRPC servers refuse a socket path as the authority.
            arguments.set("grpc.default_authority", "localhost")
        } else if let name = options.serverName {
            arguments.set("grpc.ssl_target_name_override", name)
            arguments.set("grpc.default_authority", name)
        }
        return arguments
    }
}
