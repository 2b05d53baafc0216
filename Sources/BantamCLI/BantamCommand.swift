import ArgumentParser
import Bantam
import Glibc

/// The `bantam` command: arguments in; tables, bars and files out.
@main struct BantamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bantam",
        abstract: "Makes neural-network weight files small and says honestly what it cost.",
        discussion: """
            Reads .safetensors (also sharded), .npy, .npz and raw files with a manifest, runs a recipe of passes \
            over them, and writes one smaller .safetensors file.

            EXAMPLES
              bantam inspect model.safetensors
              bantam compress model.safetensors small.safetensors --preset int8
              bantam evaluate model.safetensors small.safetensors --html report.html
              bantam decompress small.safetensors restored.safetensors
              bantam compare model.safetensors --recipe int8 --recipe mine.yaml --output comparison/

            Exit codes: 0 fine, 1 a --require did not hold, 64 usage, 65 bad data in a file, 66 input missing, \
            70 internal, 73 cannot create the output, 74 I/O.
            """,
        version: bantamVersion,
        subcommands: [
            InspectCommand.self, CompressCommand.self, DecompressCommand.self, ConvertCommand.self,
            EvaluateCommand.self, CompareCommand.self, VerifyCommand.self, BenchmarkCommand.self,
            RecipesCommand.self,
        ])

    /// Runs the command; every failure is one line on standard error and an exit code.
    static func main() {
        raiseFileLimit()
        do {
            try checkEnvironment()
            var command = try parseAsRoot(EvaluateCommand.completed(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch let error as BantamError {
            Terminal.error("bantam: \(error)")
            Glibc.exit(error.exitCode)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.error("bantam: \(message(for: error)); see 'bantam --help' or 'bantam help COMMAND'")
            Glibc.exit(ExitCode.validationFailure.rawValue)
        }
    }

    /// A misspelled cap would go unnoticed: the results are the same bytes.
    private static func checkEnvironment() throws {
        guard let cap = getenv("BANTAM_SIMD").map({ String(cString: $0) }), !cap.isEmpty else { return }
        guard ["portable", "avx2", "avx512"].contains(cap) else {
            throw BantamError(
                .invalidArgument, "BANTAM_SIMD: expected portable, avx2 or avx512, found '\(cap)'")
        }
    }

    /// A folder of raw files holds one descriptor for each tensor until all of them are whole.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension BantamError {
    /// The exit code of the command (`sysexits.h`).
    var exitCode: Int32 {
        switch kind {
        case .invalidArgument: 64
        case .corruption, .insufficientData, .compatibility: 65
        case .missingInput: 66
        case .internal: 70
        case .cannotCreate: 73
        case .io: 74
        }
    }
}
