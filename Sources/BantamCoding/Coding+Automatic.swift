// Why: which coder suits an array is found by trying, and the one place that says which are tried for what.

import BantamTensors

/// The coders that `auto` tries, and how it chooses among them.
struct AutomaticChoice: Sendable {
    let optimization: Optimization
    /// Those that are tried on pieces of arrays beyond ``smallByteCount``, and on the whole of smaller ones.
    let large: [any Coder]
    /// Those that are tried on small arrays besides, if there may be repeats to search for.
    let slow: [any Coder]
    /// The bytes of each piece, of which there are four.
    let pieceByteCount: Int
    /// Whether slow coders are left out, because only an idea of the size is wanted.
    private(set) var isEstimate = false

    /// A coder `auto` may choose. A new one needs a line in ``candidates`` and its decoding cost.
    private struct Candidate {
        var coder: any Coder
        /// What it is tried for.
        var optimizations: Set<Optimization>
        /// Whether it encodes so slowly that it is tried on small arrays only, unless size is all.
        var isSlowToEncode = false
    }

    /// Of equally good ones the first is taken. What is tried for speed is tried for the others too, or a level of it
    /// that finds more, so that they are never larger.
    private static let candidates: [Candidate] = [
        Candidate(coder: FastCoder(), optimizations: [.size, .balanced, .speed]),
        Candidate(coder: DenseCoder(), optimizations: [.size, .balanced]),
        Candidate(coder: ZstdCoder(level: 19), optimizations: [.size, .balanced], isSlowToEncode: true),
        Candidate(coder: ZstdCoder(level: 1), optimizations: [.size, .balanced, .speed]),
        Candidate(coder: LZ4Coder(), optimizations: [.balanced, .speed]),
        Candidate(coder: HuffmanCoder(), optimizations: [.size, .balanced, .speed]),
        Candidate(coder: MaxCoder(), optimizations: [.size], isSlowToEncode: true),
        Candidate(coder: ZstdCoder(level: 22), optimizations: [.size], isSlowToEncode: true),
        Candidate(coder: ZlibCoder(level: 9), optimizations: [.size], isSlowToEncode: true),
        Candidate(coder: Bzip2Coder(level: 9), optimizations: [.size], isSlowToEncode: true),
        Candidate(coder: LZ4Coder(level: 12), optimizations: [.size], isSlowToEncode: true),
    ]

    /// The choice among all coders that suit `optimization`.
    ///
    /// - Parameter pieceByteCount: the bytes of each piece of a large array; `nil` is what suits the optimization:
    ///   more where adaptive coders, which learn as they go, are tried.
    init(_ optimization: Optimization, pieceByteCount: Int? = nil) {
        let candidates = AutomaticChoice.candidates.filter { $0.optimizations.contains(optimization) }
        let quick = candidates.filter { !$0.isSlowToEncode }
        self.optimization = optimization
        self.pieceByteCount = pieceByteCount ?? (optimization == .size ? 256 << 10 : 64 << 10)
        large = (optimization == .size ? candidates : quick).map(\.coder)
        slow = optimization == .size ? [] : candidates.filter(\.isSlowToEncode).map(\.coder)
    }

    init(_ optimization: Optimization, coders: [any Coder], pieceByteCount: Int) {
        (self.optimization, self.pieceByteCount) = (optimization, pieceByteCount)
        (large, slow) = (coders, [])
    }

    /// The same choice among a few coders that encode fast, to estimate what coding gives.
    var estimating: AutomaticChoice {
        let quick = AutomaticChoice(optimization == .speed ? .speed : .balanced)
        var choice = AutomaticChoice(
            optimization, coders: quick.large, pieceByteCount: quick.pieceByteCount)
        choice.isEstimate = true
        return choice
    }

    /// Up to this many bytes an array counts as small: slow coders cost no time that anybody would notice.
    var smallByteCount: Int { pieceByteCount * AutomaticChoice.pieceCount }

    /// Half as many, twice as long, for elements of 64 bits.
    static let pieceCount = 4

    /// The array coded by the coder that suits it; `nil` if none shrinks it.
    func encode(_ tensor: Tensor, workers: Workers) throws -> CodedArray? {
        let byteCount = tensor.byteCount
        guard let suited = try coderForLarge(tensor, workers: workers)?.coder else {
            func coded(by coders: [any Coder]) throws -> [CodedArray?] {
                try coders.map { try AutomaticChoice.coded(tensor, by: $0, workers: workers) }
            }
            var results = try coded(by: large)
            let sizes = { results.map { $0?.byteCount ?? byteCount } }
            if mayRepeat(zip(large, sizes()), of: byteCount) {
                results += try coded(by: slow)
            }
            let coders = Array((large + slow).prefix(results.count))
            let quick = results[choice(among: coders, sizes(), of: byteCount, isLarge: false)]
            return try quick.map { try betterByAdapting(tensor, than: $0, workers: workers) } ?? nil
        }
        return try AutomaticChoice.coded(tensor, by: suited, workers: workers)
    }

    /// Whether a slow search for repeats may win. Of what is nearly noise it does not, nor where a quick one is far behind,
    /// but for what is nearly all gone, where it is not slow.
    private func mayRepeat(_ sizes: some Sequence<(any Coder, Int)>, of byteCount: Int) -> Bool {
        let best = sizes.map(\.1).min() ?? byteCount
        let repeats = sizes.first { $0.0 is ZstdCoder }?.1 ?? best
        return 4 * best < 3 * byteCount && (16 * repeats <= 17 * best || 16 * best < byteCount)
    }

    /// Up to this many bytes `max` decodes in a few milliseconds.
    private static let tinyByteCount = 32 << 10

    /// Tiny arrays of codes that are mostly zero have too few other elements to pay for tables: on them `max`, which
    /// has none, saves a fifth. Tried where it can be so, and taken if it saves a sixteenth.
    private func betterByAdapting(
        _ tensor: Tensor, than quick: CodedArray, workers: Workers
    ) throws -> CodedArray {
        guard optimization == .balanced, !isEstimate, tensor.byteCount <= AutomaticChoice.tinyByteCount,
            2 * quick.byteCount < tensor.byteCount,
            let adaptive = try AutomaticChoice.coded(tensor, by: MaxCoder(), workers: workers),
            16 * adaptive.byteCount < 15 * quick.byteCount
        else { return quick }
        return adaptive
    }

    /// A part of an array coded, or all of it, which then needs not stay in memory.
    static func coded(
        _ tensor: Tensor, _ part: Range<Int>? = nil, by coder: any Coder, workers: Workers
    ) throws -> CodedArray? {
        try withExtendedLifetime(tensor) {
            let bytes = tensor.storage.bytes
            return try CodedArray(
                coding: part.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) } ?? bytes, of: tensor.dtype,
                with: coder, columns: tensor.shape.codedColumns, owner: part == nil ? tensor.storage : nil,
                workers: workers)
        }
    }

    /// The index of the coder to take, given what each makes of `byteCount` bytes.
    ///
    /// For size that is the smallest. For speed it is the smallest of the cheapest kind that saves at least three
    /// quarters of what can be. In between, large arrays are decoded ten times as fast where that is so too and costs
    /// at most 1/64 of their bytes and about a sixteenth of what is left of them; on small ones the time is nothing.
    func choice(among coders: [any Coder], _ sizes: [Int], of byteCount: Int, isLarge: Bool) -> Int {
        let least = sizes.min() ?? 0
        let saving = sizes.indices.filter {
            4 * max(0, byteCount - sizes[$0]) >= 3 * max(0, byteCount - least)
        }
        let enough: [Int]
        switch optimization {
        case .balanced where isLarge:
            enough = saving.filter {
                let cost = sizes[$0] - least
                // Of what is nearly all gone a sixteenth is nothing.
                return coders[$0].decodingCost == .memory && 64 * cost <= byteCount
                    && 16 * cost <= least + byteCount / 64
            }
        case .speed: enough = saving
        default: enough = []
        }
        guard !enough.isEmpty else { return sizes.firstIndex(of: least) ?? 0 }
        return enough.min {
            (coders[$0].decodingCost, sizes[$0], $0) < (coders[$1].decodingCost, sizes[$1], $1)
        } ?? 0
    }
}
