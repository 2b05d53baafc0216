import ArgumentParser
import Bantam

/// The loss that a compressed file may cost, and what it is measured with.
struct LossOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Find the smallest file that loses at most this: accuracy, top5 or agreement in points, nll in nats or per cent. \
            Needs --network and --data.
            """,
            valueName: "METRIC=VALUE"))
    var maxLoss: String?

    @OptionGroup var networkOptions: NetworkOptions

    @Option(
        help: ArgumentHelp(
            "Which half of the data is searched with and which is reported on: any number (default 0).",
            valueName: "N"))
    var splitSeed: UInt64 = 0

    @Option(
        help: ArgumentHelp("Write what was searched and found as JSON.", valueName: "FILE"))
    var searchJSON: String?

    func validate() throws {
        guard maxLoss == nil else {
            if networkOptions.files == nil {
                throw ValidationError("--max-loss needs --network and --data to measure the loss with")
            }
            return
        }
        if splitSeed != 0 || searchJSON != nil {
            throw ValidationError("--split-seed and --search-json go with --max-loss")
        }
    }
}
