// Why: no single model suits weights, positions and bitmasks; the encoder tries those that can and writes which.

import BantamTensors

/// What a number model must know before the first element.
struct NumberSurvey: Equatable {
    /// The highest octave, at least 1.
    var highest = 1
    /// Whether there are zeros.
    var hasZeros = false
    /// Whether zeros are small numbers, rather than pruned ones that say nothing about the scale.
    var zerosCount = false
}

/// The model a block is coded with. Written in 4 bits: the number of the case, below two flags of the survey;
/// number models are followed by 12 bits of the highest octave.
enum BlockMethod: Equatable {
    case numbers(NumberSurvey)
    case differences(NumberSurvey)
    case bytes
    case bits

    /// Blocks up to this many bytes are tried whole, larger ones by a piece of this size.
    static let trialByteCount = 32 << 10

    /// Writes itself.
    func code<Coder: BinaryCoder>(with coder: inout Coder) {
        func write(_ number: UInt64, _ survey: NumberSurvey?) {
            let flags: UInt64 = (survey?.hasZeros == true ? 4 : 0) | (survey?.zerosCount == true ? 8 : 0)
            _ = coder.codeRaw(number | flags, count: 4)
            if let survey { _ = coder.codeRaw(UInt64(survey.highest), count: 12) }
        }
        switch self {
        case .numbers(let survey): write(0, survey)
        case .differences(let survey): write(1, survey)
        case .bytes: write(2, nil)
        case .bits: write(3, nil)
        }
    }

    /// Reads what was written.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the layout cannot have that method.
    init(from decoder: inout RangeDecoder, _ layout: BlockLayout) throws {
        let number = decoder.codeRaw(0, count: 4)
        let integers = NumberFormat(integerOf: layout.width * 8, isSigned: true)
        func survey(_ format: NumberFormat) throws -> NumberSurvey {
            let highest = Int(decoder.codeRaw(0, count: 12))
            guard (1...format.octaveCount).contains(highest) else {
                throw BantamError(
                    .corruption, "max: expected an octave up to \(format.octaveCount), found \(highest)")
            }
            return NumberSurvey(highest: highest, hasZeros: number & 4 != 0, zerosCount: number & 8 != 0)
        }
        switch (number & 3, layout.format) {
        case (0, let format?): self = .numbers(try survey(format))
        case (1, let format?) where !format.isFloat: self = .differences(try survey(integers))
        case (2, _) where number == 2: self = .bytes
        case (3, _) where number == 3 && layout.width == 1: self = .bits
        default: throw BantamError(.corruption, "max: expected a method of the dtype, found \(number)")
        }
    }

    /// The method that makes the block, or a piece of a large one, smallest; ties go to the first.
    static func best(for block: UnsafeRawBufferPointer, _ layout: BlockLayout, _ form: MaxForm) -> BlockMethod
    {
        let candidates = candidates(for: block, layout)
        guard candidates.count > 1 else { return candidates.first ?? .bytes }
        let piece = layout.trial(of: block)
        let sizes = candidates.map { MaxBlock.encode(piece.bytes, piece.layout, $0, form).count }
        var best = 0
        for index in sizes.indices where sizes[index] < sizes[best] { best = index }
        // Of a large block the piece shows a clear advantage only: number models go on learning.
        let isWhole = piece.bytes.count == block.count
        return isWhole || sizes[best] < sizes[0] / 100 * 95 ? candidates[best] : candidates[0]
    }

    static func candidates(for block: UnsafeRawBufferPointer, _ layout: BlockLayout) -> [BlockMethod] {
        guard let format = layout.format else { return [.bytes] }
        var candidates = [BlockMethod.numbers(survey(block, layout, format) { element, _ in element })]
        if !format.isFloat {
            let integers = NumberFormat(integerOf: layout.width * 8, isSigned: true)
            candidates.append(
                .differences(survey(block, layout, integers) { integers.wrapped($0 &- $1) }))
        }
        candidates.append(.bytes)
        if layout.width == 1 && !format.isSigned { candidates.append(.bits) }
        return candidates
    }

    /// Looks at every element; `value` makes the number to be coded of an element and the one before it.
    private static func survey(
        _ block: UnsafeRawBufferPointer, _ layout: BlockLayout, _ format: NumberFormat,
        _ value: (UInt64, UInt64) -> UInt64
    ) -> NumberSurvey {
        var survey = NumberSurvey()
        var zeros = 0
        var last: UInt64 = 0
        for index in 0..<layout.count {
            let element = layout.load(block, index)
            let magnitude = format.split(value(element, last)).magnitude
            last = element
            if magnitude == 0 {
                zeros += 1
            } else {
                survey.highest = max(survey.highest, format.octave(of: magnitude))
            }
        }
        survey.hasZeros = zeros > 0
        survey.zerosCount = survey.hasZeros && zeros < layout.count / 3
        return survey
    }
}

extension BlockLayout {
    /// The block itself if it is small, else rows from its middle.
    fileprivate func trial(of block: UnsafeRawBufferPointer) -> (
        bytes: UnsafeRawBufferPointer, layout: BlockLayout
    ) {
        guard block.count > BlockMethod.trialByteCount else { return (block, self) }
        let length = BlockMethod.trialByteCount / width
        var start = (count - length) / 2
        if columns > 0 { start = max(0, start - (first + start) % columns) }
        let bytes = UnsafeRawBufferPointer(rebasing: block[start * width..<(start + length) * width])
        return (bytes, BlockLayout(self, piece: start, length))
    }

    private init(_ whole: BlockLayout, piece start: Int, _ length: Int) {
        format = whole.format
        width = whole.width
        columns = whole.columns
        first = columns > 0 ? (whole.first % columns + start) % columns : 0
        count = length
        tail = 0
    }
}
