// Why: the plainest entropy coder there is, for readers who want to see how little it takes.

import BantamTensors

/// Canonical Huffman codes of at most 12 bits, with a table for each byte plane of a block.
///
/// The elements of a block are split into planes, the bytes of equal significance; the sign of floats goes below
/// the mantissa first, so that exponents stand alone. A plane that is as good as random stands raw.
/// `docs/coders/huffman.md` is the specification, `docs/coders/huffman.py` beside it a decoder.
///
/// Source: D. A. Huffman, "A method for the construction of minimum-redundancy codes", 1952.
public struct HuffmanCoder: Coder {
    /// The coder; it has no parameters.
    public init() {}

    /// The coder a user means by `huffman`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if there is a parameter.
    init(parameter: String?) throws {
        if let parameter {
            throw BantamError(.invalidArgument, "huffman: expected no parameter, found '\(parameter)'")
        }
    }

    /// `huffman`.
    public var name: String { "huffman" }
    /// 5.
    public var identifier: UInt8 { 5 }

    /// A plane of 1 MiB may repeat 16 bytes, and one more says so.
    public var maximumExpansion: Int { 65536 }

    /// 1.5 to 3 GB/s.
    public var decodingCost: DecodingCost { .quick }

    /// As they are, since the planes are split while coding; differences for integers that may be positions.
    public func arrangements(of dtype: DType) -> [Arrangement] {
        let differences = Arrangement.candidates(for: dtype).contains { $0.differences }
        return differences ? [.plain, Arrangement(differences: true, bytePlanes: false)] : [.plain]
    }

    /// The planes one after the other, if that is shorter.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]? {
        let width = context.dtype.alignment
        guard 1...Int(Int32.max) ~= block.count, block.count % width == 0 else { return nil }
        let count = block.count / width
        return withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 16) { scratch in
            ElementPlanes(context.dtype).split(block, into: scratch)
            let planes = (0..<width).map { plane in
                HuffmanPlane(UnsafeRawBufferPointer(rebasing: scratch[plane * count..<(plane + 1) * count]))
            }
            let bound = planes.reduce(0) { $0 + $1.byteBound }
            guard bound < block.count else { return nil }
            return [UInt8](unsafeUninitializedCapacity: bound + HuffmanPlane.slack) { buffer, size in
                for plane in planes {
                    size += plane.write(
                        to: UnsafeMutableRawBufferPointer(
                            UnsafeMutableBufferPointer(rebasing: buffer[size...])))
                }
            }
        }
    }

    /// Decodes all planes and puts the elements together.
    ///
    /// - Complexity: O(bytes).
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        let width = context.dtype.alignment
        guard block.count > 0, block.count % width == 0 else {
            throw HuffmanCoder.damaged("whole elements of \(context.dtype.rawValue)", "\(block.count) bytes")
        }
        var reader = HuffmanReader(bytes)
        let count = block.count / width
        if width == 1 {
            try reader.read(into: block)
        } else {
            try withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 16) { scratch in
                for plane in 0..<width {
                    try reader.read(
                        into: UnsafeMutableRawBufferPointer(
                            rebasing: scratch[plane * count..<(plane + 1) * count]))
                }
                ElementPlanes(context.dtype).join(UnsafeRawBufferPointer(scratch), into: block)
            }
        }
        guard reader.offset == bytes.count else {
            throw HuffmanCoder.damaged("\(reader.offset) bytes", "\(bytes.count)")
        }
    }

    static func damaged(_ expected: String, _ found: String) -> BantamError {
        BantamError(.corruption, "huffman: expected \(expected), found \(found)")
    }
}
