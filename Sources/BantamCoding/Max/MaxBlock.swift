// Why: the coder as pure functions over a block, with all the context that the caller can give.

import BantamTensors

/// One block coded by mixed context models; `docs/coders/max.md` is the specification.
public enum MaxBlock {
    /// A block is never smaller than its raw bytes divided by this, so that readers can refuse what claims more.
    public static let maximumExpansion = 65536

    /// The block in fewer bytes, if that is possible; never more than a few bytes above the raw size.
    ///
    /// - Complexity: O(bytes), about half a microsecond an element.
    public static func encode(
        _ block: UnsafeRawBufferPointer, _ context: BlockContext, form: MaxForm = .written
    ) -> [UInt8] {
        let layout = BlockLayout(context, byteCount: block.count)
        let method = BlockMethod.best(for: block, layout, form)
        var bytes = encode(block, layout, method, form)
        let least = block.count / maximumExpansion + 1
        while bytes.count < least { bytes.append(0) }
        return bytes
    }

    static func encode(
        _ block: UnsafeRawBufferPointer, _ layout: BlockLayout, _ method: BlockMethod, _ form: MaxForm
    ) -> [UInt8] {
        var encoder = RangeEncoder(expecting: block.count / 2)
        method.code(with: &encoder)
        layout.code(method, form, from: block, into: nil, with: &encoder)
        return encoder.finish()
    }

    /// Fills `block` with what was encoded in the same form.
    ///
    /// Other bytes than the encoder wrote give other elements, not an error: the checksum of the array tells.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the method is not one of the dtype's or there are bytes
    ///   that nothing asked for.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, form: MaxForm = .written,
        into block: UnsafeMutableRawBufferPointer
    ) throws {
        let layout = BlockLayout(context, byteCount: block.count)
        var decoder = RangeDecoder(bytes)
        let method = try BlockMethod(from: &decoder, layout)
        layout.code(method, form, from: nil, into: block, with: &decoder)
        guard bytes.count <= max(decoder.position, block.count / maximumExpansion + 1) else {
            throw BantamError(
                .corruption,
                "max: expected \(decoder.position) bytes in a block of \(block.count), found \(bytes.count)")
        }
    }
}
