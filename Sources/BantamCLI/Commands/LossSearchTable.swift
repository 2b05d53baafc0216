import Bantam

/// A search for a terminal.
struct LossSearchTable {
    private let result: LossSearchResult
    private let seconds: Double

    init(_ result: LossSearchResult, seconds: Double) {
        self.result = result
        self.seconds = seconds
    }

    func lines(width: Int) -> [String] {
        var table = Table([
            .text("steps by"), .number("dead zone"), .number("tried", dispensable: 2),
            .number("from", dispensable: 3), .number("to", dispensable: 3), .number("taken"),
            .number("file"),
        ])
        table.rows = result.paths.map { path in
            [
                path.allocation, path.deadZone.map { Format.number($0) } ?? "any", Format.count(path.points.count),
                path.points.first.map { Format.number($0.strength) } ?? "",
                path.points.last.map { Format.number($0.strength) } ?? "",
                path.chosen.map { Format.number($0) } ?? "none",
                path.byteCount.map { Format.bytes($0) } ?? "",
            ]
        }
        return table.lines(width: width) + [
            "searched with \(half(result.search)), in \(Format.seconds(seconds))",
            "others: \(half(result.report)), 95 % interval \(interval)",
            "at most \(result.bound) lost: " + (result.isKept ? "kept" : "not kept") + " on the others",
        ]
    }

    private var metric: Metric { result.bound.metric }

    private func half(_ half: HalfResult) -> String {
        "\(Format.count(half.sampleCount, "sample")): \(metric.rawValue) \(figure(half.original)) → "
            + "\(figure(half.compressed)), \(change(metric.isCount ? -half.loss : half.loss))"
    }

    private var interval: String {
        let interval = result.report.interval
        guard metric.isCount else {
            return "\(Format.number(interval.lowerBound)) … \(Format.number(interval.upperBound)) nats"
        }
        return Format.points(-interval.upperBound...(-interval.lowerBound), decimals: decimals)
    }

    private var decimals: Int { Format.percentDecimals(samples: result.report.sampleCount) }

    private func figure(_ value: Double) -> String {
        metric.isCount ? Format.percent(value, decimals: decimals) : Format.number(value)
    }

    private func change(_ value: Double) -> String {
        metric.isCount
            ? "\(Format.points(value, decimals: decimals)) points" : "\(Format.number(value)) nats"
    }

    /// What the user should know of a promise that is kept.
    static func notes(_ result: LossSearchResult) -> [String] {
        var notes: [String] = []
        if result.isLossless {
            let samples = Format.count(result.search.sampleCount, "sample")
            notes.append(
                result.paths.contains { $0.chosen != nil }
                    ? "note: compressed losslessly, which is smaller than any steps"
                    : "note: compressed losslessly: no step keeps \(result.bound) as far as \(samples) can tell"
            )
        } else if !result.isProven {
            notes.append(
                "note: \(Format.count(result.report.sampleCount, "sample")) cannot rule out a larger loss: the interval reaches "
                    + "beyond \(result.bound)")
        }
        return notes
    }

    /// Why nothing was written.
    static func broken(_ result: LossSearchResult, output: String) -> String {
        let table = LossSearchTable(result, seconds: 0)
        return "\(oneLine(output)): not written: at most \(result.bound) was promised, and the "
            + "\(Format.count(result.report.sampleCount, "sample")) that took no part in the search lose more: "
            + table.change(table.metric.isCount ? -result.report.loss : result.report.loss)
            + "; search with more data, or promise less"
    }
}
