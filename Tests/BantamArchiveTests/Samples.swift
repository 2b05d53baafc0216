import BantamArchive
import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation

/// Tensors in memory that pose as an open file.
struct MemoryFile: TensorFile {
    var path = "memory"
    var format = "memory"
    var fileByteCount: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }
    var tensors: [(name: String, tensor: Tensor)]
    var metadata: [(key: String, value: String)] = []

    var entries: [TensorEntry] {
        tensors.map { TensorEntry(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) }
    }

    func tensor(at index: Int) throws -> Tensor { tensors[index].tensor }
}

/// Tensors and encodings for tests. Scales are powers of two, so that what comes back is exact arithmetic.
enum Samples {
    /// Float32 weights `[rows, columns]` of which a quarter is not zero: small multiples of 1/8.
    static func weights(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<rows * columns).map { _ in
            Int.random(in: 0..<4, using: &generator) == 0
                ? Float(Int.random(in: -60...60, using: &generator)) / 8 : 0
        }
    }

    static func matrix(_ rows: Int, _ columns: Int, seed: UInt64 = 1) -> Tensor {
        Tensor(.float32, [rows, columns], weights(rows, columns, seed: seed))
    }

    static func codes(_ weights: [Float], _ shape: Shape) -> Tensor {
        Tensor(.int8, shape, weights.map { Int8($0 * 8) })
    }

    static func scales(_ shape: Shape) -> Tensor {
        Tensor(.float32, shape, [Float](repeating: 0.125, count: shape.elementCount))
    }

    /// Every tree of encodings that passes make, over the same matrix.
    static func encodings(_ rows: Int = 12, _ columns: Int = 20) throws -> [(
        name: String, encoding: Encoding
    )] {
        let values = weights(rows, columns)
        let shape: Shape = [rows, columns]
        let dense = Tensor(.float32, shape, values)
        let codes = codes(values, shape)
        func quantized(_ codes: Encoding, _ granularity: Quantized.Granularity, zero: Bool = false)
            -> Encoding
        {
            let scaleShape = granularity.scaleShape(of: codes.shape)
            return .quantized(
                Quantized(
                    codes: codes, scales: scales(scaleShape),
                    zeroPoints: zero
                        ? Tensor(.int8, scaleShape, [Int8](repeating: 3, count: scaleShape.elementCount))
                        : nil,
                    granularity: granularity))
        }
        var encodings: [(String, Encoding)] = [
            ("kept", .dense(dense)), ("float16", .dense(try dense.float32(roundedTo: .float16))),
            ("bfloat16", .dense(try dense.float32(roundedTo: .bfloat16))),
            ("quantized-tensor", quantized(.dense(codes), .tensor)),
            ("quantized-channel", quantized(.dense(codes), .channel)),
            ("quantized-group", quantized(.dense(codes), .group(8))),
            ("quantized-affine", quantized(.dense(codes), .channel, zero: true)),
            (
                "quantized-int16",
                quantized(.dense(Tensor(.int16, shape, values.map { Int16($0 * 8) })), .tensor)
            ),
        ]
        for format in Sparse.Format.allCases {
            let name = format.rawValue
            encodings.append((name, .sparse(try Sparse(dense, as: format))))
            let sparseCodes = try Sparse(codes, as: format)
            encodings.append(("quantized-\(name)", quantized(.sparse(sparseCodes), .channel)))
            var nested = try Sparse(dense, as: format)
            let nonzero = values.filter { $0 != 0 }
            nested.values = quantized(.dense(Self.codes(nonzero, [nonzero.count])), .tensor)
            encodings.append(("\(name)-quantized", .sparse(nested)))
        }
        let (left, right) = (matrix(rows, 3, seed: 2), matrix(3, columns, seed: 3))
        encodings.append(
            ("low-rank", .lowRank(LowRank(shape: shape, left: .dense(left), right: .dense(right)))))
        encodings.append(
            (
                "low-rank-quantized",
                .lowRank(
                    LowRank(
                        shape: shape,
                        left: quantized(.dense(Self.codes(weights(rows, 3, seed: 2), [rows, 3])), .channel),
                        right: quantized(
                            .sparse(
                                try Sparse(Self.codes(weights(3, columns, seed: 3), [3, columns]), as: .csr)),
                            .tensor)))
            ))
        try encodings += lowBits(values, shape)
        if shape == [12, 20] { encodings.append(("trellis", .trellisCoded(trellisCoded(shape)))) }
        return encodings
    }

    /// Twelve rows and twenty columns with scales and means of their own, of step 1,, as
    /// `quantize: {step: 1.0, states: 8}` once gave them.
    private static func trellisCoded(_ shape: Shape) -> TrellisCoded {
        let indices = bytes(
            "010300130000803f066e080055fe018101778aefdf00f31dd5782fc8697508dde75e2a8a649a2af1aba0edab044e3cfb0fec1f93b5"
                + "a96d1e5b695bacc012a2ab4106cb53ef6cbce374a03036c002009d94620e331ff2a961fed3bdaced52587e9db3e9e20ef2db1d"
                + "4955775f588cb9cff7c32b115ce622adcbc8a4cb598fb99a0d914b6386f320dfc23fcc7c55aca26df95c")
        let tables = bytes("015dd1cd18ba5009b3c6c853a7a82d06aaa07f1d46054700")
        return TrellisCoded(
            shape: shape, indices: Tensor(.uint8, [indices.count], indices),
            tables: Tensor(.uint8, [tables.count], tables))
    }

    private static func bytes(_ digits: String) -> [UInt8] {
        let digits = Array(digits.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }

    /// Packed codes, palettes, scaled 8-bit floats, rotated rows, and scales that are held otherwise.
    private static func lowBits(_ values: [Float], _ shape: Shape) throws -> [(String, Encoding)] {
        let small = Tensor(.int8, shape, values.map { Int8(max(-4, min(3, $0))) })
        let rows = shape.axes[0]
        let groups = Quantized.Granularity.group(8)
        let groupScales = scales(groups.scaleShape(of: shape))
        let levels = Tensor(.uint8, shape, values.map { UInt8($0 == 0 ? 0 : 1 + UInt8($0.magnitude) % 4) })
        let book = Tensor(.float32, [5], [0, -1.5, 0.25, 2, 3] as [Float])
        let rowBook = Tensor(
            .float16, [5 * ((rows + 4) / 5)],
            (0..<5 * ((rows + 4) / 5)).map { UInt16(0x3c00 + $0) })
        let float8 = Tensor(.float8E4M3, shape, values.map { Float8.e4m3($0) })
        let inner = Quantized(
            codes: .dense(
                Tensor(.int8, groupScales.shape, [Int8](repeating: 2, count: groupScales.elementCount))),
            scales: Tensor(.float32, [], [0.0625] as [Float]), zeroPoints: nil, granularity: .tensor)
        func quantized(
            _ codes: Encoding, held: Encoding? = nil, rotation: HadamardRotation? = nil
        ) -> Encoding {
            .quantized(
                Quantized(
                    codes: codes, scales: groupScales, zeroPoints: nil, granularity: groups,
                    heldScales: held, codeBits: 3, rotation: rotation))
        }
        return [
            ("quantized-packed", quantized(.dense(small))),
            ("quantized-packed-bitmask", quantized(.sparse(try Sparse(small, as: .bitmask)))),
            (
                "quantized-float16-scales",
                quantized(.dense(small), held: .dense(try groupScales.float32(roundedTo: .float16)))
            ),
            ("quantized-quantized-scales", quantized(.dense(small), held: .quantized(inner))),
            ("quantized-rotated", quantized(.dense(small), rotation: HadamardRotation(seed: 7))),
            (
                "quantized-trellis",
                .quantized(
                    Quantized(
                        codes: .dense(small), scales: Tensor(.float32, [], [Float(0.125)]), zeroPoints: nil,
                        granularity: .tensor, codeBits: 3, trellis: .states8))
            ),
            ("quantized-float8", quantized(.dense(float8))),
            (
                "quantized-palettized",
                quantized(.palettized(Palettized(codes: .dense(levels), codebook: book)))
            ),
            ("palettized", .palettized(Palettized(codes: .dense(levels), codebook: book))),
            (
                "palettized-rows",
                .palettized(Palettized(codes: .dense(levels), codebook: rowBook, rowsPerGroup: 5))
            ),
            (
                "palettized-relative",
                .palettized(Palettized(codes: .sparse(try Sparse(levels, as: .relative)), codebook: book))
            ),
        ]
    }

    /// A file with one tensor of each encoding, and the file it was made from.
    static func write(
        _ encodings: [(name: String, encoding: Encoding)], to path: String, coding: Coding = .automatic,
        original: Tensor = matrix(12, 20), metadata: [(key: String, value: String)] = [],
        workers: Workers = .one
    ) throws -> ArchiveSummary {
        let source = MemoryFile(tensors: encodings.map { ($0.name, original) }, metadata: metadata)
        let writer = try ArchiveWriter(path, overwriting: false, source: source, coding: coding)
        try workers.forEach(encodings.count) { index in
            // From the last to the first: the order of adding must not show.
            let index = encodings.count - 1 - index
            let prepared = try writer.prepare(encodings[index].encoding, workers: workers)
            try writer.add(prepared, at: index, original: original, workers: workers)
        }
        return try writer.finish()
    }
}
