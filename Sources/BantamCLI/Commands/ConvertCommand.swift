import ArgumentParser
import Bantam

/// `bantam convert`: plain tensors from one file format to another.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Copy plain tensors from one file format to another.",
        discussion: """
            The output's name decides its format: .safetensors, .npz, .npy (one tensor), FOLDER/ for safetensors \
            shards with their index, FOLDER/manifest.json for raw files with a manifest. Values and dtypes do not \
            change; a dtype that the format cannot hold is an error.

            EXAMPLES
              bantam convert model.npz model.safetensors
              bantam convert weights.bin weights.npy --raw dtype=float32,shape=300x64
            """)

    @Argument(help: "The weight file, manifest or folder.", completion: .file())
    var input: String

    @Argument(help: "The file or folder to write.", completion: .file())
    var output: String

    @OptionGroup var inputOptions: InputOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let source = try inputOptions.open(input)
        guard !(source is CompressedFile) else {
            throw BantamError(
                .invalidArgument, file: input,
                "is a compressed file; 'bantam decompress' brings its tensors back")
        }
        let bar = ProgressBar("converting", total: source.tensorByteCount, quiet: common.quiet)
        defer { bar.finish() }
        try TensorFiles.write(
            TensorSource(source).reporting { bar.advance(by: $0) }, to: output,
            options: TensorWriteOptions(overwriting: outputOptions.force, workers: common.workers))
        bar.finish()
        try Terminal.output(
            "\(output): \(Format.count(source.entries.count, "tensor")) from \(source.format), "
                + "\(Format.bytes(source.tensorByteCount)) of tensors")
    }
}
