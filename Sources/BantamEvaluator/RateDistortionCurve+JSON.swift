// Why: curves are drawn by other programs too. Keys are added, never renamed.

import BantamLoaders

extension RateDistortionCurve {
    /// The curve as JSON: sizes in bytes, SQNR in dB, accuracy as a fraction; a figure that is not a finite number is `null`.
    ///
    /// `bound` has a pair for every half bit per weight up to what the points take.
    public func json() -> JSON {
        let most = points.map(bitsPerWeight).max() ?? 0
        let steps = stride(from: 0, through: most.isFinite ? min(most, 128) : 0, by: 0.5)
        return .object([
            .init("elements", .integer(elementCount)), .init("matrices", .integer(matrixCount)),
            .init("matrix_elements", .integer(matrixElementCount)),
            .init("points", .array(points.map(json))),
            .init(
                "bound",
                .array(
                    steps.map { bits in
                        .object([
                            .init("bits_per_weight", .number(bits)),
                            .init("sqnr_db", .number(boundSQNR(bitsPerWeight: bits))),
                        ])
                    })),
            .init("notes", .array(notes.map(JSON.string))),
        ])
    }

    private func json(_ point: Point) -> JSON {
        let sqnr = sqnr(point)
        return .object([
            .init("name", .string(point.name)), .init("kind", .string(point.kind.rawValue)),
            .init("pass", .string(point.pass)), .init("bytes", .integer(point.byteCount)),
            .init("bits_per_weight", .number(bitsPerWeight(point))), .init("sqnr_db", .number(sqnr)),
            .init("bound_bits_per_weight", .number(boundBitsPerWeight(sqnr: sqnr))),
            .init(
                "rate_distortion_bits_per_weight",
                rateDistortionBitsPerWeight(sqnr: sqnr).map(JSON.number) ?? .null),
            .init("accuracy", point.accuracy.map(JSON.number) ?? .null),
            .init("predictions", point.predictions?.json() ?? .null),
        ])
    }
}
