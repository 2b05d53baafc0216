import Bantam
import CBantamKernels
import Glibc

// Rate-distortion quantization of a file's matrices: bits, error and speed over a range of steps.

/// Prints a line for each SQNR aimed at: bits per weight of the matrices with tables, classes and means, the SQNR of what
/// they decode to, and millions of weights a second to train, to encode and to decode at every level.
func printRateDistortion(file path: String, aims: [Double], code: TrellisCode, workers: Workers) throws {
    let file = try TensorFiles.open(path)
    let matrices = try file.entries.indices.filter {
        file.entries[$0].dtype == .float32 && file.entries[$0].shape.rank >= 2
    }.map { try file.tensor(at: $0) }
    let count = matrices.reduce(0) { $0 + $1.elementCount }
    let energy = matrices.reduce(0.0) { sum, matrix in
        matrix.withElements(as: Float.self) { $0.reduce(sum) { $0 + Double($1) * Double($1) } }
    }
    let quantization = RateDistortion(code: code)
    print("\(matrices.count) matrices, \(count) weights, \(code.stateCount) states, \(workers.count) threads")
    print("  step        bpw      SQNR dB   M weights/s: train (of the file), encode, decode by level")
    var training = RateDistortionTraining(quantization, elementCount: count)
    let adding = try seconds { for matrix in matrices { try training.add(matrix, workers: workers) } }
    for aim in aims {
        let step = Float(2 * (energy / Double(count)).squareRoot() / pow(10, aim / 20))
        var result: RateDistortionTraining.Result?
        let training = try seconds { result = try training.tables(step: step, workers: workers) } + adding
        guard let result else { return }
        var coded: [TrellisCoded] = []
        let encoding = try seconds {
            coded = try matrices.map {
                try quantization.encode($0, step: step, tables: result.tables, workers: workers)
            }
        }
        let bytes = coded.reduce(result.tables.tensor.byteCount) { $0 + $1.indices.byteCount }
        var errors = 0.0
        for (matrix, coded) in zip(matrices, coded) {
            let decoded = try coded.decoded(workers: workers)
            errors += matrix.withElements(as: Float.self) { a in
                decoded.withElements(as: Float.self) { b in
                    zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
                }
            }
        }
        let speeds = try (0...bantam_simd_level()).reversed().map { level in
            let times = try (0..<5).map { _ in
                try seconds {
                    for coded in coded {
                        try coded.decode(level: level, workers: workers)
                    }
                }
            }
            return Double(count) / times.sorted()[2] / 1e6
        }
        let sqnr = 10 * log10(energy / errors)
        print(
            fixed(Double(step), 8), fixed(8 * Double(bytes) / Double(count), 4), fixed(sqnr, 3),
            "tables \(result.tables.tensor.byteCount)", "estimate \(fixed(result.bitsPerWeight, 4))",
            fixed(Double(count) / training / 1e6, 1), fixed(Double(count) / encoding / 1e6, 1),
            speeds.map { fixed($0, 0) }.joined(separator: " "), separator: "  ")
    }
}

extension TrellisCoded {
    fileprivate func decode(level: Int32, workers: Workers) throws {
        _ = try decoded(workers: workers)
    }
}

private func seconds(_ work: () throws -> Void) rethrows -> Double {
    let (seconds, attoseconds) = try ContinuousClock().measure(work).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}

private func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * scale).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = "\(scaled % Int(scale) + Int(scale))".dropFirst()
    return "\(scaled / Int(scale)).\(fraction)"
}
