// Why: benchmarks are also compared by programs. Keys are added, never renamed.

import BantamLoaders

extension CoderBenchmark {
    /// The rows as JSON: an array of objects, keys in a fixed order.
    public static func json(_ rows: [Row]) -> JSON {
        .array(
            rows.map { row in
                .object([
                    .init("coder", .string(row.coder)), .init("dtype", .string(row.dtype.rawValue)),
                    .init("threads", .integer(row.threads)), .init("ratio", .number(row.ratio)),
                    .init("bound", .number(row.bound)),
                    .init("bound_basis", .string(row.boundBasis.rawValue)),
                    .init("distance", .number(row.ratio - row.bound)),
                    .init("encode_gbps", .number(row.encodeSpeed)),
                    .init("decode_gbps", .number(row.decodeSpeed)),
                    .init("checked_decode_gbps", .number(row.checkedDecodeSpeed)),
                    .init("fresh_decode_gbps", .number(row.freshDecodeSpeed)),
                    .init("bytes", .integer(row.byteCount)),
                    .init("timed_bytes", .integer(row.timedByteCount)),
                    .init("total_bytes", .integer(row.totalByteCount)),
                ])
            })
    }
}
