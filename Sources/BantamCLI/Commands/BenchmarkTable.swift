import Bantam

/// The rows of a benchmark for a terminal.
struct BenchmarkTable {
    private let rows: [CoderBenchmark.Row]

    init(_ rows: [CoderBenchmark.Row]) { self.rows = rows }

    func lines(width: Int) -> [String] {
        var table = Table([
            .text("coder"), .text("dtype"), .number("threads"), .number("ratio"),
            .number("bound", dispensable: 1), .number("above", dispensable: 2), .number("encode GB/s"),
            .number("decode GB/s"), .number("checked", dispensable: 4), .number("fresh", dispensable: 3),
            .text("timed", dispensable: 5),
        ])
        table.rows = rows.map { row in
            [
                row.coder, row.dtype.rawValue, "\(row.threads)", Format.share(row.ratio),
                Format.share(row.bound).marked(row.boundBasis), Format.percent(row.distance),
                Format.speed(row.encodeSpeed),
                Format.speed(row.decodeSpeed), Format.speed(row.checkedDecodeSpeed),
                Format.speed(row.freshDecodeSpeed),
                Format.bytes(row.timedByteCount)
                    + (row.timedByteCount < row.totalByteCount
                        ? " of \(Format.bytes(row.totalByteCount))" : ""),
            ]
        }
        return table.lines(width: width)
    }
}
