// swift-tools-version: 6.3
import PackageDescription

// A package of its own, so that users of the library never build it. `run` builds it with the sanitizers; see
// README.md. Each target is one libFuzzer program for one reader.
let targets = [
    "safetensors", "npy", "npz", "manifest", "raw-layout", "json", "recipe", "network", "compressed",
    "coded-array", "shards", "trellis", "coder-fast", "coder-huffman", "coder-dense", "coder-max",
]

let package = Package(
    name: "FuzzTesting",
    dependencies: [.package(name: "Bantam", path: "..")],
    targets: [
        .target(name: "FuzzHarness", dependencies: [.product(name: "Bantam", package: "Bantam")])
    ]
        + targets.map { name in
            .executableTarget(
                name: "fuzz-" + name,
                dependencies: ["FuzzHarness", .product(name: "Bantam", package: "Bantam")],
                path: "Sources/" + name,
                // libFuzzer brings `main`.
                swiftSettings: [.unsafeFlags(["-parse-as-library"])])
        },
    swiftLanguageModes: [.v6]
)
