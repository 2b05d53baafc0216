import Bantam
import CBantamKernels
import Glibc

// Rate-distortion quantization of a file's matrices: bits, error and speed for a list of errors aimed at.

/// Prints a line for each SQNR aimed at: what the matrices take with tables, classes and means, the SQNR of what they decode
/// to, and millions of weights a second. `BANTAM_SIMD` says at which level.
func printRateDistortion(file path: String, aims: [Double], code: TrellisCode, workers: Workers) throws {
    let file = try TensorFiles.open(path)
    let matrices = try file.entries.indices.filter {
        file.entries[$0].dtype == .float32 && file.entries[$0].shape.rank >= 2
    }.map { try file.tensor(at: $0) }
    let count = matrices.reduce(0) { $0 + $1.elementCount }
    let quantization = RateDistortion(code: code)
    let level = ["portable", "avx2", "avx512"][Int(bantam_simd_level())]
    print(
        "\(matrices.count) matrices, \(count) weights, \(code.stateCount) states, \(workers.count) threads, \(level)"
    )
    print("                     as trained              search   M weights/s:           into memory")
    print(" bits   SQNR dB     bits  SQNR dB        step     s    train  encode  decode  that is there")
    var training = RateDistortionTraining(quantization, elementCount: count)
    let adding = try seconds { for matrix in matrices { try training.add(matrix, workers: workers) } }
    let memory = buffer(of: matrices.map(\.elementCount).max() ?? 0, filledWith: Float(0))
    for aim in aims {
        var found: RateDistortionTraining.Result?
        let searching = try seconds { found = try training.tables(reaching: .sqnr(aim), workers: workers) }
        guard let found else { return }
        let once = try seconds { _ = try training.tables(step: found.step, workers: workers) } + adding
        var coded: [TrellisCoded] = []
        let encoding = try median {
            coded = try matrices.map {
                try quantization.encode($0, step: found.step, tables: found.tables, workers: workers)
            }
        }
        let bytes = coded.reduce(found.tables.tensor.byteCount) { $0 + $1.indices.byteCount }
        let decoding = try median { for coded in coded { _ = try coded.decoded(workers: workers) } }
        let reusing = try median {
            for coded in coded {
                try coded.decode(
                    into: UnsafeMutableBufferPointer(rebasing: memory[..<coded.shape.elementCount]),
                    workers: workers)
            }
        }
        let sqnr = try signalToNoise(matrices, coded, workers)
        print(
            columns(
                (8 * Double(bytes) / Double(count), 4, 6), (sqnr, 3, 7), (found.bitsPerWeight, 4, 9),
                (found.sqnr, 3, 7), (Double(found.step), 8, 12), (searching, 1, 5),
                (Double(count) / once / 1e6, 1, 7), (Double(count) / encoding / 1e6, 1, 7),
                (Double(count) / decoding / 1e6, 0, 7), (Double(count) / reusing / 1e6, 0, 8)))
    }
}

private func signalToNoise(_ matrices: [Tensor], _ coded: [TrellisCoded], _ workers: Workers) throws -> Double
{
    var (signal, noise) = (0.0, 0.0)
    for (matrix, coded) in zip(matrices, coded) {
        let decoded = try coded.decoded(workers: workers)
        matrix.withElements(as: Float.self) { a in
            decoded.withElements(as: Float.self) { b in
                for index in a.indices {
                    signal += Double(a[index]) * Double(a[index])
                    noise += Double(a[index] - b[index]) * Double(a[index] - b[index])
                }
            }
        }
    }
    return 10 * log10(signal / noise)
}

private func seconds(_ work: () throws -> Void) rethrows -> Double {
    let (seconds, attoseconds) = try ContinuousClock().measure(work).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}

/// The median time of five runs.
private func median(_ work: () throws -> Void) rethrows -> Double {
    try (0..<5).map { _ in try seconds(work) }.sorted()[2]
}

private func columns(_ values: (Double, digits: Int, width: Int)...) -> String {
    values.map { value, digits, width in
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = digits == 0 ? "" : "." + "\(scaled % scale + scale)".dropFirst()
        let text = "\(scaled / scale)" + fraction
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }.joined(separator: " ")
}
