import ArgumentParser
import Bantam

/// `bantam decompress`: back to plain tensors.
struct DecompressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decompress",
        abstract: "Bring the tensors of a compressed file back, in their original dtypes.",
        discussion: """
            The output's name decides its format: .safetensors, .npz, .npy (one tensor), FOLDER/ for safetensors \
            shards with their index, FOLDER/manifest.json for raw files with a manifest. A losslessly compressed \
            .safetensors file comes back byte for byte. Every checksum is tested on the way. \
            What was compressed against a base needs that base again, in any format.

            EXAMPLES
              bantam decompress small.safetensors restored.safetensors
              bantam decompress small.safetensors restored.npz
              bantam decompress tuned.safetensors restored.safetensors --base original.safetensors
            """)

    @Argument(help: "The compressed file.", completion: .file())
    var input: String

    @Argument(help: "The file or folder to write.", completion: .file())
    var output: String

    @OptionGroup var baseOptions: BaseOptions
    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var common: CommonOptions

    func run() throws {
        let base = try baseOptions.open()
        guard let file = try ModelFile.open(input, workers: common.workers, base: base) as? CompressedFile
        else {
            throw BantamError(
                .corruption, file: input,
                "expected a compressed file, found plain tensors; use 'bantam convert'")
        }
        baseOptions.noteIfUnneeded(by: [file], common)
        let bar = ProgressBar("decompressing", total: file.tensorByteCount, quiet: common.quiet)
        defer { bar.finish() }
        try Decompression.write(
            file, to: output,
            options: TensorWriteOptions(overwriting: outputOptions.force, workers: common.workers)
        ) { bar.advance(by: $0) }
        bar.finish()
        try Terminal.output(
            "\(output): \(Format.count(file.entries.count, "tensor")), \(Format.bytes(file.fileByteCount)) → "
                + "\(Format.bytes(file.tensorByteCount)) of tensors")
    }
}
