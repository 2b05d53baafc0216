// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that users of the library never build it.
let package = Package(
    name: "Benchmarks",
    dependencies: [.package(name: "Bantam", path: "..")],
    targets: [
        .executableTarget(
            name: "bantam-benchmarks",
            dependencies: [.product(name: "Bantam", package: "Bantam")],
            path: "Sources/BantamBenchmarks")
    ],
    swiftLanguageModes: [.v6]
)
