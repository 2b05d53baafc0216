// bantam-benchmarks: how fast the inner loops run on this machine, in memory, beside memcpy in the same run.

import Bantam
import Glibc

let usage = """
    usage: bantam-benchmarks [--json] [--filter TEXT] [--repetitions N] [--mebibytes N] [--threads N]
                              [--file FILE]

    Prints the median speed of every row over the repetitions (9), on a float32 tensor of some MiB (256), or on
    the float32 tensors of a file, end to end.
    Give --threads to run on more than one.
    With --file F --sqnr DB,DB,…: rate-distortion quantization of the matrices of F to these errors, with --states
    8, 64 (default) or 256.
    """

func leave(_ message: String, _ code: Int32) -> Never {
    let line = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(code)
}

var json = false
var filter: String?
var repetitions = 9
var mebibytes = 256
var threads = 1
var file: String?
var states = 64
var aims: [Double] = []

var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    func number() -> Int {
        guard let value = arguments.popFirst().flatMap({ Int($0) }), 1...65536 ~= value else {
            leave("\(argument): expected a number from 1 to 65536\n\(usage)", 64)
        }
        return value
    }
    switch argument {
    case "--json": json = true
    case "--filter": filter = arguments.popFirst()
    case "--repetitions": repetitions = number()
    case "--mebibytes": mebibytes = number()
    case "--threads": threads = number()
    case "--file": file = arguments.popFirst()
    case "--states": states = number()
    case "--sqnr":
        aims = (arguments.popFirst() ?? "").split(separator: ",").compactMap { Double($0) }
    default:
        leave(usage, argument == "--help" ? 0 : 64)
    }
}

if !aims.isEmpty {
    guard let file, let code = TrellisCode(rawValue: states) else { leave(usage, 64) }
    try printRateDistortion(file: file, aims: aims, code: code, workers: Workers(threads))
    exit(0)
}

let elements = try file.map { try weights(inFile: $0) } ?? weights(mebibytes << 18)
let copy = buffer(of: elements.count, filledWith: Float(0))
let workers = Workers(threads)
var suite = Suite(repetitions: repetitions)
suite.add("memcpy", bytes: elements.count * 4) {
    memcpy(copy.baseAddress!, elements.baseAddress!, elements.count * 4)
}
try suite.addFastCoder(elements, workers: workers)
try suite.addCoders(["zstd", "huffman"], elements, workers: workers)
let shapes = try file.map { try matrices(inFile: $0) } ?? [(rows: elements.count / 1024, columns: 1024)]
try suite.addDenseCoder(elements, shapes, filter: filter)
try suite.addQuantization(elements, workers: workers)
suite.addPruning(elements, workers: workers)
try suite.addPacking(elements, workers: workers)
try suite.addSparse(elements, workers: workers)
try suite.addProducts(elements, workers: workers)
try suite.addLowRank(elements, workers: workers)

let figures = try suite.run(filter: filter)
print(json ? report(json: figures) : report(table: figures))
