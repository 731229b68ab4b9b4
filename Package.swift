// swift-tools-version:6.2
import PackageDescription

/// Set by Scripts/fuzz only: what is fuzzed is built with libFuzzer's counters, and its program is added.
let fuzzes = Context.environment["USERSD_FUZZ"] != nil

/// Every target of ours: imports are the truth, existentials are visible, a warning is an error.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // An async function stays on its caller's executor: no look-up of the loop at every call.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // Debug builds and tests check exclusive access at run time; a release does without its bookkeeping per access.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let fuzzed: [SwiftSetting] = fuzzes ? house + [.unsafeFlags(["-sanitize=fuzzer"])] : house

let package = Package(
    name: "usersd",
    products: [
        .executable(name: "usersd", targets: ["usersd"]),
        .executable(name: "diff-model-prices", targets: ["diff-model-prices"]),
        .executable(name: "generate-model-prices", targets: ["generate-model-prices"]),
    ],
    dependencies: [
        // SHA-256, PBKDF2 and Ed25519: cryptography is not ours to write.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        // Signatures of ID tokens, over the key sets of providers.
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        // Levels and the line format on standard error.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // System libraries: a module map and a header each; each is imported by one target only.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        // Loaded when they are needed: linked, they and what they bring would be a third of a start and of its memory.
        .target(name: "CCurl"),
        .target(name: "CPostgres"),

        // A thread, its epoll set and its task executor; the pool for work that burns CPU.
        .target(name: "Loops", dependencies: ["CLinux"], swiftSettings: house),
        // Mail, webhooks and sign-in providers through libcurl, off the loops.
        .target(name: "Outbound", dependencies: ["HTTP", "Loops", "CCurl"], swiftSettings: house),
        .target(name: "HTTP", swiftSettings: fuzzed),
        .target(name: "HTTPEngine", dependencies: ["HTTP", "Loops", "CLinux"], swiftSettings: fuzzed),
        .target(name: "JSON", swiftSettings: fuzzed),
        .target(name: "Storage", dependencies: ["JSON"], swiftSettings: house),
        .target(
            name: "StorageSQLite", dependencies: ["Storage", "Loops", "JSON", "CSQLite"],
            resources: [.embedInCode("SQL")], swiftSettings: house),
        .target(
            name: "StoragePostgres", dependencies: ["Storage", "Loops", "JSON", "CPostgres"],
            resources: [.embedInCode("SQL")], swiftSettings: house),
        .target(
            name: "Seeds", path: "Seeds", resources: [.embedInCode("model_prices.json")], swiftSettings: house),
        .target(name: "PriceBook", dependencies: ["JSON"], swiftSettings: fuzzed),
        .target(
            name: "API",
            dependencies: [
                "HTTP", "JSON", "Storage", "Loops",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: fuzzed),
        .executableTarget(
            name: "usersd",
            dependencies: [
                "API", "HTTP", "HTTPEngine", "Loops", "Storage", "StorageSQLite", "StoragePostgres", "Seeds",
                "PriceBook", "Outbound", "JSON",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .target(
            name: "TestSupport",
            dependencies: [
                "API", "HTTP", "HTTPEngine", "JSON", "Loops", "Outbound", "Storage", "StorageSQLite",
                "StoragePostgres",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport", swiftSettings: house),
        .testTarget(
            name: "APITests",
            dependencies: [
                "TestSupport", "API", "HTTP", "JSON", "Loops", "Outbound", "Storage",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: house),
        // What strangers' bytes meet first, each with what must hold for it: for the tests and for libFuzzer.
        .target(
            name: "FuzzTargets", dependencies: ["API", "HTTP", "HTTPEngine", "JSON", "PriceBook", "Storage"],
            path: "Tests/FuzzTargets", exclude: ["Corpus", "HTTP1"], swiftSettings: house),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "HTTP"], swiftSettings: house),
        .testTarget(
            name: "EngineTests", dependencies: ["FuzzTargets", "HTTPEngine", "HTTP", "JSON", "Loops"],
            swiftSettings: house),
        .testTarget(
            name: "StorageContractTests",
            dependencies: ["TestSupport", "Storage", "StorageSQLite", "StoragePostgres", "Loops"], swiftSettings: house),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "usersd", "TestSupport", "FuzzTargets", "StorageSQLite", "JSON", "HTTP", "HTTPEngine", "Loops",
            ],
            // Python that the tests start: sign-in providers, what steers a browser, what reads metrics.
            exclude: ["Chromium", "Metrics", "Providers"],
            swiftSettings: house),
        .testTarget(name: "PriceBookTests", dependencies: ["PriceBook", "JSON", "Seeds"], swiftSettings: house),
        .executableTarget(name: "diff-model-prices", dependencies: ["PriceBook"], swiftSettings: house),
        .executableTarget(name: "generate-model-prices", dependencies: ["PriceBook"], swiftSettings: house),
    ]
)

if fuzzes {
    package.targets.append(
        .executableTarget(
            name: "usersd-fuzz", dependencies: ["FuzzTargets"], path: "Tests/FuzzDriver",
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}
