import ArgumentParser
import Bantam

/// The network and the labelled data that accuracy is measured with.
struct NetworkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How to run the weights: the network's layers, in YAML.", valueName: "FILE"))
    var network: String?

    @Option(
        help: ArgumentHelp(
            "Test data: an .npz or .safetensors with 'inputs' and 'labels'.", valueName: "FILE"))
    var data: String?

    /// Both files, if they are given.
    var files: (network: String, data: String)? {
        if let network, let data { (network, data) } else { nil }
    }

    func validate() throws {
        if (network == nil) != (data == nil) { throw ValidationError("--network and --data go together") }
    }
}
