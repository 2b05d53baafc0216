// swift-tools-version: 6.3
import PackageDescription

/// One floor of the house: a module that imports only modules below it.
func floor(_ name: String, on below: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: below)
}

/// The tests of one floor. `fixtures`: it has a `Fixtures` folder, which its tests read by path; `hostile`: it
/// has a folder `Hostile` of files that must be refused; `golden`: one of files that must be read for ever.
func tests(
    of name: String, with others: [Target.Dependency] = [], fixtures: Bool = false, hostile: Bool = false,
    golden: Bool = false
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name), "BantamTestSupport"] + others,
        exclude: (fixtures ? ["Fixtures"] : []) + (hostile ? ["Hostile"] : []) + (golden ? ["Golden"] : []))
}

let package = Package(
    name: "Bantam",
    products: [
        .library(name: "Bantam", targets: ["Bantam"]),
        .executable(name: "bantam", targets: ["BantamCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .target(name: "CBantamKernels"),

        floor("BantamTensors", on: ["CBantamKernels"]),
        floor("BantamLinearAlgebra", on: ["BantamTensors", "COpenBLAS", "CLAPACKE"]),
        floor("BantamEncodings", on: ["BantamTensors", "BantamLinearAlgebra", "CBantamKernels"]),
        floor(
            "BantamCoding",
            on: ["BantamTensors", "CBantamKernels", "CZstd", "CZlib", "CBzip2", "CLZ4", "CXXHash"]),
        floor("BantamLoaders", on: ["BantamTensors", "CBantamKernels", "CZlib"]),
        floor("BantamArchive", on: ["BantamEncodings", "BantamCoding", "BantamLoaders"]),
        floor("BantamPasses", on: ["BantamEncodings", "BantamLinearAlgebra", "CBantamKernels"]),
        // Of Yams only its libyaml: see YAMLLoader.
        floor("BantamYAML", on: ["BantamTensors", "Yams"]),
        floor(
            "BantamInference",
            on: [
                "BantamEncodings", "BantamLinearAlgebra", "BantamLoaders", "BantamYAML", "CBantamKernels",
                "COpenBLAS",
            ]),
        floor(
            "BantamEvaluator",
            on: ["BantamArchive", "BantamInference", "BantamLinearAlgebra", "CBantamKernels"]),
        floor("BantamRecipes", on: ["BantamPasses", "BantamArchive", "BantamYAML"]),
        floor("BantamReports", on: ["BantamEvaluator", "BantamRecipes"]),
        floor("BantamSearch", on: ["BantamEvaluator", "BantamRecipes"]),
        floor(
            "Bantam",
            on: [
                "BantamTensors", "BantamEncodings", "BantamCoding", "BantamLoaders", "BantamArchive",
                "BantamPasses", "BantamInference", "BantamEvaluator", "BantamRecipes", "BantamReports",
                "BantamSearch",
            ]),
        .executableTarget(
            name: "BantamCLI",
            dependencies: ["Bantam", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

        .target(name: "BantamTestSupport", dependencies: ["BantamTensors"], path: "Tests/BantamTestSupport"),
        tests(of: "BantamTensors"),
        tests(of: "BantamLinearAlgebra", fixtures: true),
        tests(of: "BantamEncodings", with: ["CBantamKernels"], fixtures: true),
        tests(of: "BantamCoding", with: ["CBantamKernels"], fixtures: true),
        tests(of: "BantamLoaders", fixtures: true, hostile: true),
        tests(of: "BantamArchive", fixtures: true, hostile: true, golden: true),
        tests(of: "BantamPasses", with: ["CBantamKernels"], fixtures: true),
        tests(of: "BantamInference", with: ["CBantamKernels"], fixtures: true, hostile: true),
        tests(of: "BantamEvaluator", with: ["CBantamKernels"], fixtures: true),
        tests(of: "BantamYAML"),
        tests(of: "BantamRecipes", hostile: true),
        tests(of: "BantamReports"),
        tests(of: "BantamSearch"),
        .testTarget(
            name: "BantamCLITests",
            dependencies: ["BantamCLI", "BantamArchive", "BantamLoaders", "BantamTestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

// A warning stops the build.
for target in package.targets where target.type != .system {
    target.swiftSettings = [.treatAllWarnings(as: .error)]
    target.cSettings = [.enableWarning("all"), .treatAllWarnings(as: .error)]
}
