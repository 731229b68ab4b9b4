// swift-tools-version: 6.2
import PackageDescription

/// What `Scripts/bench` compares usersd with: the same routes as people would write them today. A package of its own,
/// so that nobody who builds usersd builds SwiftNIO and GRDB with it.
let package = Package(
    name: "peer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "peer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        // What a client can read at most: a server that does nothing but send.
        .executableTarget(name: "flood"),
    ]
)
