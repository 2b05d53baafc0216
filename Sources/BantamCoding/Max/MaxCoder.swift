// Why: the coder for archives: as small as we can make it, however long that takes.

import BantamTensors

/// Mixed context models and an arithmetic coder.
public struct MaxCoder: Coder {
    private let form: MaxForm

    /// The coder; it has no parameters.
    public init() { form = .written }

    /// The coder of arrays of a form that may be read only.
    init(form: MaxForm) { self.form = form }

    /// The coder a user means by `max`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if there is a parameter.
    init(parameter: String?) throws {
        guard parameter == nil else {
            throw BantamError(.invalidArgument, "max: expected no parameter, found '\(parameter ?? "")'")
        }
        self.init()
    }

    /// `max`.
    public var name: String { "max" }
    /// 11; 9 and 10 in its earlier forms.
    public var identifier: UInt8 { form.identifier }
    /// Blocks are filled up with zeros if need be.
    public var maximumExpansion: Int { MaxBlock.maximumExpansion }

    /// A few MB/s.
    public var decodingCost: DecodingCost { .slow }

    /// The models see elements, so nothing is rearranged.
    public func arrangements(of dtype: DType) -> [Arrangement] { [.plain] }

    /// 4 MiB: larger blocks gain less than a hundredth of a per cent, smaller ones know less when they end.
    public var blockByteCount: Int { 4 << 20 }

    /// One block.
    public func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]? {
        let bytes = MaxBlock.encode(block, context, form: form)
        return bytes.count < block.count ? bytes : nil
    }

    /// Decodes one block.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws {
        try MaxBlock.decode(bytes, context, form: form, into: block)
    }
}
