// The umbrella: `import Bantam` brings the whole library.

@_exported import BantamArchive
@_exported import BantamCoding
@_exported import BantamEncodings
@_exported import BantamEvaluator
@_exported import BantamInference
@_exported import BantamLoaders
@_exported import BantamPasses
@_exported import BantamRecipes
@_exported import BantamReports
@_exported import BantamSearch
@_exported import BantamTensors

/// The version of the library and the command, as `bantam --version` prints it.
public let bantamVersion = "0.1.0"
