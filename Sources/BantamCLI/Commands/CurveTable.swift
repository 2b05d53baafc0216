import Bantam

/// A rate–distortion curve for a terminal.
struct CurveTable {
    private let curve: RateDistortionCurve

    init(_ curve: RateDistortionCurve) { self.curve = curve }

    func lines(width: Int) -> [String] {
        let hasAccuracy = curve.points.contains { $0.accuracy != nil }
        let samples = curve.original.metrics?.sampleCount ?? 0
        var columns: [Table.Column] = [
            .text("scheme"), .number("size", dispensable: 3), .number("bpw"), .number("SQNR"),
            .number("bound", dispensable: 2), .number("at this SQNR", dispensable: 1),
        ]
        if hasAccuracy { columns.append(.number("accuracy")) }
        var table = Table(columns)
        table.rows = curve.points.map { point in
            let sqnr = curve.sqnr(point)
            let isFixed = point.kind == .fixedWidth
            let found = isFixed ? curve.rateDistortionBitsPerWeight(sqnr: sqnr) : nil
            var row = [
                isFixed ? point.name : "rate-distortion \(point.name)", Format.bytes(point.byteCount),
                Format.bitsPerWeight(curve.bitsPerWeight(point)), Format.decibels(sqnr),
                Format.bitsPerWeight(curve.boundBitsPerWeight(sqnr: sqnr)),
                found.map(Format.bitsPerWeight) ?? "–",
            ]
            if hasAccuracy {
                let decimals = Format.percentDecimals(samples: samples)
                row.append(point.accuracy.map { Format.percent($0, decimals: decimals) } ?? "–")
            }
            return row
        }
        return table.lines(width: width)
    }
}
