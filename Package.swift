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
/// The kinds of storage, each with what it needs beside what all need; `Sources/cairn/Kinds/Kinds.swift` lists
/// them.
let kinds: [Target] = [
    // Files on a file system, attached as loop devices.
    .kind("BackendLoop", ["DiskFormat"]),
    // A volume group, or a thin pool, of LVM.
    .kind("BackendLVM", ["DeviceMapper", "DiskFormat", "Naming"]),
]
let everyKind = kinds.map { Target.Dependency.byName(name: $0.name) }
/// What a test needs that drives the real binary over its socket.
let overTheSocket: [Target.Dependency] = [
    "CSIClient", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host", "TestSupport",
]

extension Target {
    /// A target of Swift under the settings above; `path` where it is not `Sources/name`.
    static func code(
        _ name: String,
        _ dependencies: [Dependency],
        path: String? = nil
    ) -> Target {
        .target(name: name, dependencies: dependencies, path: path, swiftSettings: swift)
    }

    /// The same, with a main function.
    static func program(
        _ name: String,
        _ dependencies: [Dependency],
        exclude: [String] = [],
        path: String? = nil
    ) -> Target {
        .executableTarget(
            name: name,
            dependencies: dependencies,
            path: path,
            exclude: exclude,
            swiftSettings: swift
        )
    }

    /// A kind of storage.
    static func kind(_ name: String, _ dependencies: [Dependency]) -> Target {
        .code(name, ["Backend", "Configuration", "Host", "DriverCore", log] + dependencies)
    }

    /// The tests in `Tests/name`; `exclude` names folders of samples.
    static func tests(
        _ name: String,
        _ dependencies: [Dependency],
        exclude: [String] = []
    ) -> Target {
        .testTarget(
            name: name,
            dependencies: dependencies,
            exclude: exclude,
            swiftSettings: swift
        )
    }
}

// Targets stand in dependency order: arrows point up this list only. Kinds of storage join it below.
let package = Package(
    name: "cairn",
    products: [.executable(name: "cairn", targets: ["cairn"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
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
        // C: what holds for the whole process: connections leave descriptors for volumes, and memory.
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

        // The text of an error number.
        .code("ErrnoText", []),
        // Domain values, the one error, exclusion by key.
        .code("DriverCore", []),
        // Who a node is, and the ids that it gives.
        .code("Naming", ["CDigestShim", "DriverCore"]),
        // JSON files that outlive the process: versions, explicit keys, and unknown keys kept.
        .code("DiskFormat", ["DriverCore"]),
        // Bytes in, bytes out, over C-core: server and client.
        .code("GRPCRuntime", ["CGRPCShim", "CProcessShim", "DriverCore", "ErrnoText"]),
        // Small pages over HTTP, for those who watch the driver.
        .code("HTTPServer", ["CHTTPShim", "CProcessShim", "DriverCore", "ErrnoText"]),
        // Protobuf-c messages to Swift values and back.
        .code("CSIMessages", ["CCSIProto", "DriverCore"]),
        // Everything that touches the kernel or runs a program.
        .code("Host", ["CHostShim", "DriverCore", "ErrnoText"]),
        // What the kernel's device mapper knows, and what its status lines mean.
        .code("DeviceMapper", ["CDeviceMapperShim", "DriverCore", "ErrnoText"]),
        // The form of figures, and the page that its sources fill.
        .code("Metrics", ["DriverCore"]),
        // Log lines.
        .code("Telemetry", ["Host", "DriverCore", log]),
        // The tiers file: YAML with line numbers in every complaint; each kind of storage reads its part.
        .code("Configuration", ["CYAMLShim", "DriverCore"]),
        // What a kind of storage and its backends promise, and the records they keep.
        .code("Backend", ["Configuration", "Host", "DriverCore", log]),
        // What a node does with its storage, whatever protocol asks for it: tiers, making and mounting
        // volumes, notes of their use, repairs.
        .code(
            "NodeStorage",
            [
                "Backend", "DiskFormat", "Host", "Metrics", "Naming", "DriverCore", log,
            ]
        ),
        // How CSI is served, wherever the storage is: routing, the log, figures of calls, Identity.
        .code(
            "CSIServing",
            ["CSIMessages", "GRPCRuntime", "Metrics", "Naming", "DriverCore", log]
        ),
        // The Controller and Node services over a node's own storage; one file per RPC.
        .code(
            "CSIServices",
            [
                "CSIServing", "CSIMessages", "NodeStorage", "Backend", "Host", "Metrics", "Naming",
                "GRPCRuntime", "DriverCore", log,
            ]
        ),
        // A typed CSI client over any socket.
        .code("CSIClient", ["CSIMessages", "GRPCRuntime", "DriverCore"]),
        // The cluster's Controller service: it owns no storage, knows the nodes, and forwards to them.
        .code(
            "ClusterController",
            [
                "CSIClient", "CSIServing", "CSIMessages", "GRPCRuntime", "Metrics", "Naming",
                "DriverCore", log,
            ]
        ),
        // A node's side of the cluster: tells every controller what the node is and has.
        .code(
            "Registrar",
            [
                "CSIClient", "CSIMessages", "GRPCRuntime", "Host", "Metrics", "DriverCore", log,
            ]
        ),
        // Flags, wiring, signals, exit codes; the only target that knows which backends exist.
        .program(
            "cairn",
            everyKind + [
                "Backend", "CSIClient", "CSIMessages", "CSIServices", "CSIServing",
                "ClusterController", "Configuration", "DriverCore", "GRPCRuntime", "HTTPServer",
                "Host", "Metrics", "Naming", "NodeStorage", "Registrar", "Telemetry", arguments,
                log,
            ]
        ),

        // Thousands of nodes in a few processes, for scripts/scale.sh; never installed.
        .program(
            "ClusterPlayer",
            [
                "CSIMessages", "CSIServing", "DriverCore", "GRPCRuntime", "Host", "Naming",
                "Registrar", arguments, log,
            ],
            path: "Tests/ClusterPlayer"
        ),
        // Fixtures that several test targets share: temporary folders, pools on loop devices.
        .code(
            "TestSupport",
            [
                "Backend", "CSIClient", "CSIMessages", "DriverCore", "Host", "Naming", log,
            ],
            path: "Tests/TestSupport"
        ),
        // The real binary on pools of its own, and a client of it; for the tests over the socket.
        .code(
            "DriverHarness",
            [
                "CSIClient", "CSIMessages", "DriverCore", "GRPCRuntime", "Host", "Naming",
                "TestSupport",
            ],
            path: "Tests/DriverHarness"
        ),
        .tests("DriverCoreTests", ["DriverCore"]),
        .tests("DiskFormatTests", ["DiskFormat", "DriverCore"]),
        .tests("MetricsTests", ["Metrics", "DriverCore"]),
        .tests("TelemetryTests", ["Telemetry", "DriverCore", log]),
        .tests("GRPCRuntimeTests", ["GRPCRuntime", "DriverCore", "TestSupport"]),
        .tests("HTTPServerTests", ["HTTPServer", "DriverCore", "TestSupport"]),
        .tests("CSIMessagesTests", ["CSIMessages", "DriverCore"]),
        .tests("CSIClientTests", ["CSIClient", "CSIMessages", "DriverCore", "GRPCRuntime"]),
        .tests("ConfigurationTests", everyKind + ["Configuration", "DriverCore"]),
        .tests("DeviceMapperTests", ["DeviceMapper", "DriverCore"]),
        // What LVM's tags and layouts mean, without LVM.
        .tests(
            "BackendLVMUnitTests",
            ["BackendLVM", "Backend", "DriverCore", "Host", "TestSupport", log]
        ),
        // The commands of LVM, without LVM: who may run one, and what it answers.
        .tests("BackendLVMCommandTests", ["BackendLVM", "DriverCore", "Host"]),
        // The parts of `cairn` that need no driver, most of them of `cairn bench`.
        .tests("BenchTests", ["cairn", "CSIMessages", "CSIServing", "HTTPServer", arguments]),
        // The reader of LVM's metadata, on texts and heads of disks that LVM wrote.
        .tests(
            "BackendLVMMetadataTests",
            [
                "BackendLVM", "DeviceMapper", "DriverCore",
            ],
            exclude: ["Samples"]
        ),
        .tests("NamingTests", ["Naming", "DriverCore"]),
        .tests(
            "NodeStorageTests",
            [
                "NodeStorage", "Backend", "DiskFormat", "DriverCore", "Host", "Naming",
                "TestSupport", log,
            ],
            exclude: ["Samples"]
        ),
        .tests(
            "CSIServingTests",
            [
                "CSIServing", "CSIMessages", "NodeStorage", "DriverCore", "GRPCRuntime", "Host",
                "Naming", "TestSupport", log,
            ]
        ),
        .tests(
            "CSIServicesTests",
            [
                "CSIServices", "CSIServing", "CSIMessages", "NodeStorage", "Backend", "DriverCore",
                "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ]
        ),
        // The controller over nodes that are dictionaries, with real gRPC between them.
        .tests(
            "ClusterControllerTests",
            [
                "ClusterController", "CSIServices", "CSIServing", "CSIMessages", "NodeStorage",
                "Backend", "DriverCore", "GRPCRuntime", "Host", "Metrics", "Naming",
                "TestSupport", log,
            ]
        ),
        // The ones below need root and real loop devices.
        .tests(
            "CSIServicesPrivilegedTests",
            [
                "CSIServices", "CSIServing", "CSIMessages", "NodeStorage", "Backend", "DriverCore",
                "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ]
        ),
        .tests("HostPrivilegedTests", ["Host", "DriverCore", "TestSupport"]),
        .tests(
            "BackendLoopTests",
            [
                "BackendLoop", "Backend", "DiskFormat", "Host", "DriverCore", "TestSupport",
            ],
            exclude: ["Samples"]
        ),
        // What every backend promises, the same for each kind of storage in one table.
        .tests(
            "BackendContractTests",
            everyKind + ["Backend", "Host", "DriverCore", "TestSupport"]
        ),
        // Device mapper and LVM, which only the guest of scripts/vm has: the ring lvm runs it there.
        .tests(
            "BackendLVMTests",
            [
                "BackendLVM", "Backend", "CSIMessages", "DeviceMapper", "DriverCore",
                "DriverHarness", "GRPCRuntime", "Host", "Naming", "TestSupport", log,
            ],
            exclude: ["Samples"]
        ),
        // What real nodes do to a driver: broken disks, damaged files, strangers, bad input.
        .tests("FaultTests", overTheSocket + ["CSIServices", "NodeStorage"]),
        .tests("ConformanceTests", overTheSocket),
        .tests("CommandLineTests", overTheSocket),
        // Controllers and nodes as processes in network namespaces, and failures of each and between them.
        .tests(
            "ClusterTests",
            [
                "BackendLoop", "CSIMessages", "DriverCore", "DriverHarness", "GRPCRuntime", "Host",
                "TestSupport",
            ]
        ),
        // The real binary on a machine that is reset under load; scripts/powercut.sh boots it.
        .tests(
            "PowerCutTests",
            [
                "CSIMessages", "DriverCore", "DriverHarness", "Host", "TestSupport",
            ]
        ),
        // Random calls to a whole cluster while its parts fail; scripts/soak.sh runs it for long.
        .tests(
            "ClusterSoakTests",
            [
                "CSIMessages", "DriverCore", "DriverHarness", "Host", "TestSupport",
            ]
        ),
        // The real binary killed, or failing, at every step.
        .tests(
            "CrashTests",
            overTheSocket + ["BackendLoop", "CSIServices", "NodeStorage", "cairn"]
        ),
    ]
)
package.targets += kinds

// The fuzzers, which link only with libFuzzer: scripts/fuzz.sh sets the variable and the flags.
if Context.environment["CAIRN_FUZZING"] != nil {
    package.targets.append(
        .program(
            "Fuzzing",
            everyKind + [
                "Backend", "CSIMessages", "Configuration",
                "DiskFormat", "DriverCore", "GRPCRuntime", "Host",
            ],
            exclude: ["Corpus"],
            path: "Tests/Fuzzing"
        )
    )
}
