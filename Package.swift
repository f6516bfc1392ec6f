// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: unsafe code must say so, and no warning is let through.
let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Settings of the C that is written by hand; the warnings of generated C are not ours.
let ownC: [CSetting] = [
    .enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// Targets stand in dependency order: arrows point up this list only.
let package = Package(
    name: "cairn",
    products: [.executable(name: "cairn", targets: ["cairn"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // C: gRPC C-core calls behind opaque structs.
        .target(
            name: "CGRPCShim",
            cSettings: ownC,
            linkerSettings: [
                .linkedLibrary("grpc"), .linkedLibrary("gpr"), .linkedLibrary("ssl"),
                .linkedLibrary("crypto"),
            ]
        ),
        // C: what holds for the whole process: connections leave descriptors for volumes.
        .target(name: "CProcessShim", cSettings: ownC),
        // C: protobuf-c output of proto/, generated and checked in.
        .target(name: "CCSIProto", linkerSettings: [.linkedLibrary("protobuf-c")]),
        // C: ioctls, mount calls, libblkid and libmount, which Swift cannot reach by itself.
        .target(
            name: "CHostShim",
            cSettings: ownC,
            linkerSettings: [.linkedLibrary("blkid"), .linkedLibrary("mount")]
        ),
        // C: SHA-256 of libcrypto.
        .target(name: "CDigestShim", cSettings: ownC, linkerSettings: [.linkedLibrary("crypto")]),
        // C: libdevmapper's looks at devices as plain values.
        .target(
            name: "CDeviceMapperShim",
            cSettings: ownC,
            linkerSettings: [.linkedLibrary("devmapper")]
        ),
        // C: libmicrohttpd as a server of small pages.
        .target(
            name: "CHTTPShim",
            cSettings: ownC,
            linkerSettings: [.linkedLibrary("microhttpd")]
        ),
        // C: libyaml's event stream as plain values.
        .target(name: "CYAMLShim", cSettings: ownC, linkerSettings: [.linkedLibrary("yaml")]),

        // Domain values, the one error, exclusion by key.
        .target(name: "DriverCore", swiftSettings: swift),
        // Who a node is, and the ids that it gives.
        .target(
            name: "Naming",
            dependencies: ["CDigestShim", "DriverCore"],
            swiftSettings: swift
        ),
        // JSON files that outlive the process: versions, explicit keys, and unknown keys kept.
        .target(name: "DiskFormat", dependencies: ["DriverCore"], swiftSettings: swift),
        // Bytes in, bytes out, over C-core: server and client.
        .target(
            name: "GRPCRuntime",
            dependencies: ["CGRPCShim", "CProcessShim", "DriverCore"],
            swiftSettings: swift
        ),
        // Small pages over HTTP, for those who watch the driver.
        .target(
            name: "HTTPServer",
            dependencies: ["CHTTPShim", "CProcessShim", "DriverCore"],
            swiftSettings: swift
        ),
        // Protobuf-c messages to Swift values and back.
        .target(
            name: "CSIMessages",
            dependencies: ["CCSIProto", "DriverCore"],
            swiftSettings: swift
        ),
        // Everything that touches the kernel or runs a program.
        .target(
            name: "Host",
            dependencies: ["CHostShim", "DriverCore"],
            swiftSettings: swift
        ),
        // What the kernel's device mapper knows, and what its status lines mean.
        .target(
            name: "DeviceMapper",
            dependencies: ["CDeviceMapperShim", "DriverCore"],
            swiftSettings: swift
        ),
        // The form of figures, and the page that its sources fill.
        .target(name: "Metrics", dependencies: ["DriverCore"], swiftSettings: swift),
        // Log lines.
        .target(
            name: "Telemetry",
            dependencies: ["Host", "DriverCore", log],
            swiftSettings: swift
        ),
        // What a storage backend promises, and the records it keeps.
        .target(name: "Backend", dependencies: ["Host", "DriverCore"], swiftSettings: swift),
        // The promise kept by files on a file system, attached as loop devices.
        .target(
            name: "BackendLoop",
            dependencies: ["Backend", "DiskFormat", "Host", "DriverCore", log],
            swiftSettings: swift
        ),
        // The promise kept by a volume group or a thin pool of LVM.
        .target(
            name: "BackendLVM",
            dependencies: ["Backend", "DeviceMapper", "Host", "Naming", "DriverCore", log],
            swiftSettings: swift
        ),
        // What a node does with its storage, whatever protocol asks for it: tiers, making and mounting
        // volumes, notes of their use, repairs.
        .target(
            name: "NodeStorage",
            dependencies: [
                "Backend", "DiskFormat", "Host", "Metrics", "Naming", "DriverCore", log,
            ],
            swiftSettings: swift
        ),
        // How CSI is served, wherever the storage is: routing, the log, figures of calls, Identity.
        .target(
            name: "CSIServing",
            dependencies: ["CSIMessages", "GRPCRuntime", "Metrics", "Naming", "DriverCore", log],
            swiftSettings: swift
        ),
        // The Controller and Node services over a node's own storage; one file per RPC.
        .target(
            name: "CSIServices",
            dependencies: [
                "CSIServing", "CSIMessages", "NodeStorage", "Backend", "Host", "Metrics",
                "Naming", "GRPCRuntime", "DriverCore", log,
            ],
            swiftSettings: swift
        ),
        // A typed CSI client over any socket.
        .target(
            name: "CSIClient",
            dependencies: ["CSIMessages", "GRPCRuntime", "DriverCore"],
            swiftSettings: swift
        ),
        // The cluster's Controller service: it owns no storage, knows the nodes, and forwards to them.
        .target(
            name: "ClusterController",
            dependencies: [
                "CSIClient", "CSIServing", "CSIMessages", "GRPCRuntime", "Metrics", "Naming",
                "DriverCore", log,
            ],
            swiftSettings: swift
        ),
        // A node's side of the cluster: tells every controller what the node is and has.
        .target(
            name: "Registrar",
            dependencies: [
                "CSIClient", "CSIMessages", "GRPCRuntime", "Host", "Metrics", "DriverCore", log,
            ],
            swiftSettings: swift
        ),
        // The tiers file: YAML with line numbers in every complaint.
        .target(
            name: "Configuration",
            dependencies: ["CYAMLShim", "DriverCore"],
            swiftSettings: swift
        ),
        // Flags, wiring, signals, exit codes; the only target that knows which backends exist.
        .executableTarget(
            name: "cairn",
            dependencies: [
                "BackendLVM", "BackendLoop", "Backend", "CSIClient", "CSIMessages", "CSIServices",
                "CSIServing", "ClusterController", "Configuration", "DriverCore", "GRPCRuntime",
                "HTTPServer", "Host", "Metrics", "Naming", "NodeStorage", "Registrar", "Telemetry",
                arguments, log,
            ],
            swiftSettings: swift
        ),

        // Thousands of nodes in a few processes, for scripts/scale.sh; never installed.
        .executableTarget(
            name: "ClusterPlayer",
            dependencies: [
                "CSIMessages", "CSIServing", "DriverCore", "GRPCRuntime", "Host", "Naming",
                "Registrar", arguments, log,
            ],
            path: "Tests/ClusterPlayer",
            swiftSettings: swift
        ),
        // Fixtures that several test targets share: temporary folders, pools on loop devices.
        .target(
            name: "TestSupport",
            dependencies: [
                "Backend", "CSIClient", "CSIMessages", "DriverCore", "Host", "Naming", log,
            ],
            path: "Tests/TestSupport",
            swiftSettings: swift
        ),
        // The real binary on pools of its own, and a client of it; for the tests over the socket.
        .target(
            name: "DriverHarness",
            dependencies: [
                "CSIClient", "CSIMessages", "DriverCore", "GRPCRuntime", "Host", "Naming",
                "TestSupport",
            ],
            path: "Tests/DriverHarness",
            swiftSettings: swift
        ),
        .testTarget(
            name: "DriverCoreTests",
            dependencies: ["DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "DiskFormatTests",
            dependencies: ["DiskFormat", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "MetricsTests",
            dependencies: ["Metrics", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: ["Telemetry", "DriverCore", log],
            swiftSettings: swift
        ),
        .testTarget(
            name: "GRPCRuntimeTests",
            dependencies: ["GRPCRuntime", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "DriverCore", "TestSupport"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CSIMessagesTests",
            dependencies: ["CSIMessages", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CSIClientTests",
            dependencies: ["CSIClient", "CSIMessages", "DriverCore", "GRPCRuntime"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: ["Configuration", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "DeviceMapperTests",
            dependencies: ["DeviceMapper", "DriverCore"],
            swiftSettings: swift
        ),
        // What LVM's tags and layouts mean, without LVM.
        .testTarget(
            name: "BackendLVMUnitTests",
            dependencies: ["BackendLVM", "Backend", "DriverCore"],
            swiftSettings: swift
        ),
        // The commands of LVM, without LVM: who may run one, and what it answers.
        .testTarget(
            name: "BackendLVMCommandTests",
            dependencies: ["BackendLVM", "DriverCore", "Host"],
            swiftSettings: swift
        ),
        // The parts of `cairn` that need no driver, most of them of `cairn bench`.
        .testTarget(
            name: "BenchTests",
            dependencies: ["cairn", "CSIMessages", "CSIServing", "HTTPServer", arguments],
            swiftSettings: swift
        ),
        // The reader of LVM's metadata, on texts and heads of disks that LVM wrote.
        .testTarget(
            name: "BackendLVMMetadataTests",
            dependencies: ["BackendLVM", "DeviceMapper", "DriverCore"],
            exclude: ["Samples"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "NamingTests",
            dependencies: ["Naming", "DriverCore"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "NodeStorageTests",
            dependencies: [
                "NodeStorage", "Backend", "DiskFormat", "DriverCore", "Host", "Naming",
                "TestSupport", log,
            ],
            exclude: ["Samples"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CSIServingTests",
            dependencies: [
                "CSIServing", "CSIMessages", "NodeStorage", "DriverCore", "GRPCRuntime", "Host",
                "Naming", "TestSupport", log,
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CSIServicesTests",
            dependencies: [
                "CSIServices", "CSIServing", "CSIMessages", "NodeStorage", "Backend", "DriverCore",
                "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ],
            swiftSettings: swift
        ),
        // The controller over nodes that are dictionaries, with real gRPC between them.
        .testTarget(
            name: "ClusterControllerTests",
            dependencies: [
                "ClusterController", "CSIMessages", "CSIServing", "DriverCore", "GRPCRuntime",
                "Metrics", "Naming", "TestSupport", log,
            ],
            swiftSettings: swift
        ),
        // The ones below need root and real loop devices.
        .testTarget(
            name: "CSIServicesPrivilegedTests",
            dependencies: [
                "CSIServices", "CSIServing", "CSIMessages", "NodeStorage", "Backend", "DriverCore",
                "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "HostPrivilegedTests",
            dependencies: ["Host", "DriverCore", "TestSupport"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "BackendLoopTests",
            dependencies: [
                "BackendLoop", "Backend", "DiskFormat", "Host", "DriverCore", "TestSupport",
            ],
            exclude: ["Samples"],
            swiftSettings: swift
        ),
        // What every backend promises, the same for each kind of storage in one table.
        .testTarget(
            name: "BackendContractTests",
            dependencies: [
                "BackendLVM", "BackendLoop", "Backend", "Host", "DriverCore", "TestSupport",
            ],
            swiftSettings: swift
        ),
        // Device mapper and LVM, which only the guest of scripts/vm has: the ring lvm runs it there.
        .testTarget(
            name: "BackendLVMTests",
            dependencies: [
                "BackendLVM", "Backend", "CSIMessages", "DeviceMapper", "DriverCore",
                "DriverHarness", "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ],
            exclude: ["Samples"],
            swiftSettings: swift
        ),
        // What real nodes do to a driver: broken disks, damaged files, strangers, bad input.
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "CSIClient", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host",
                "TestSupport",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "CSIClient", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host",
                "TestSupport",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "CSIClient", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host",
                "TestSupport",
            ],
            swiftSettings: swift
        ),
        // Controllers and nodes as processes in network namespaces, and failures of each and between them.
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host", "TestSupport",
            ],
            swiftSettings: swift
        ),
        // The real binary on a machine that is reset under load; scripts/powercut.sh boots it.
        .testTarget(
            name: "PowerCutTests",
            dependencies: ["CSIMessages", "DriverCore", "DriverHarness", "Host", "TestSupport"],
            swiftSettings: swift
        ),
        // Random calls to a whole cluster while its parts fail; scripts/soak.sh runs it for long.
        .testTarget(
            name: "ClusterSoakTests",
            dependencies: ["CSIMessages", "DriverCore", "DriverHarness", "Host", "TestSupport"],
            swiftSettings: swift
        ),
        // The real binary killed, or failing, at every step.
        .testTarget(
            name: "CrashTests",
            dependencies: [
                "CSIClient", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host",
                "TestSupport",
            ],
            swiftSettings: swift
        ),
    ]
)

// The fuzzers, which link only with libFuzzer: scripts/fuzz.sh sets the variable and the flags.
if Context.environment["CAIRN_FUZZING"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzing",
            dependencies: [
                "BackendLVM", "BackendLoop", "Backend", "CSIMessages", "Configuration",
                "DiskFormat", "DriverCore", "GRPCRuntime", "Host",
            ],
            path: "Tests/Fuzzing",
            exclude: ["Corpus"],
            swiftSettings: swift
        )
    )
}
