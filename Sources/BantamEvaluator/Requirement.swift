// What `--require` asks of an evaluation, so that a build can fail when compression costs too much.

import BantamTensors

/// A bound on one figure of an evaluation: `accuracy>=-0.5%`, `ratio>=4`, `sqnr_db>=30`.
///
/// A value with a sign bounds the change against the original, one without bounds the figure itself.
/// `%` means percentage points for figures that are fractions, and per cent of the original's figure for the
/// change of others.
///
/// Comparisons allow for rounding: 10⁻⁹ for fractions of samples, which is less than one sample of any
/// test set, and 10⁻¹² of the figures for others. So `accuracy>=-0.5%` holds with exactly half a point lost.
public struct Requirement: Sendable, Equatable, CustomStringConvertible {
    /// Which way the bound works.
    public enum Comparison: String, Sendable {
        /// The figure must not be below the value.
        case atLeast = ">="
        /// The figure must not be above the value.
        case atMost = "<="
    }

    /// The figure.
    public let metric: Metric
    /// Which way the bound works.
    public let comparison: Comparison
    /// The number as written, without its unit.
    public let value: Double
    /// Whether the value is in per cent or percentage points.
    public let isPercent: Bool
    /// Whether the value bounds the change against the original: it was written with a sign.
    public let isChange: Bool
    /// The requirement as written, without blanks around.
    public let description: String

    /// The requirement that a user wrote.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for an unknown metric, something that is no
    ///   number, and units or signs that make no sense for the metric.
    public init(_ text: String) throws {
        description = text.trimmed
        func fault(_ message: String) -> BantamError {
            BantamError(.invalidArgument, "requirement '\(text)': \(message)")
        }
        guard let start = text.firstIndex(where: { $0 == ">" || $0 == "<" }),
            let comparison = Comparison(rawValue: String(text[start...].prefix(2)))
        else { throw fault("expected METRIC>=VALUE or METRIC<=VALUE") }
        let name = String(text[..<start]).trimmed
        guard let metric = Metric(name: name) else {
            throw fault("expected one of \(Metric.names), found '\(name)'")
        }
        var number = String(text[start...].dropFirst(2)).trimmed
        isPercent = number.hasSuffix("%")
        if isPercent { number = String(number.dropLast()).trimmed }
        isChange = number.hasPrefix("+") || number.hasPrefix("-")
        guard number.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
            let value = Double(number), value.isFinite
        else { throw fault("expected a number, perhaps with a sign or %, found '\(number)'") }
        if isChange && !metric.hasOriginal {
            throw fault(
                "\(name) has no value in the original to change from; expected a value without a sign")
        }
        if isPercent && !(isChange || metric.isFraction) {
            throw fault("\(name) is no fraction; expected a value without %")
        }
        if metric.countsSamples && !isPercent && value.magnitude > 1 {
            throw fault("\(name) is a fraction; expected a value from 0 to 1 or one with %, found \(number)")
        }
        (self.metric, self.comparison, self.value) = (metric, comparison, value)
    }

    /// Whether the requirement holds, and a sentence that says what was found.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the figure was not measured: accuracy without
    ///   a network, the first five of five classes.
    public func check(_ evaluation: Evaluation) throws -> (holds: Bool, message: String) {
        guard let after = metric.value(of: evaluation) else {
            throw BantamError(
                .invalidArgument, "requirement '\(description)': \(metric.missing(in: evaluation))")
        }
        let before = isChange ? metric.original(of: evaluation) : nil
        if isChange && before == nil {
            throw BantamError(
                .invalidArgument, "requirement '\(description)': \(metric.missing(in: evaluation))")
        }
        let found = after - (before ?? 0)
        let bound: Double
        switch (isPercent, metric.isFraction) {
        case (true, false): bound = value / 100 * (before ?? 0)
        case (true, true): bound = value / 100
        case (false, _): bound = value
        }
        let tolerance =
            metric.countsSamples
            ? 1e-9 : 1e-12 * max(after.magnitude, (before ?? 0).magnitude, bound.magnitude)
        let holds: Bool
        switch (found.isFinite, comparison) {
        case (true, .atLeast): holds = found >= bound - tolerance
        case (true, .atMost): holds = found <= bound + tolerance
        // Infinite figures compare as they are; a NaN holds nothing.
        case (false, .atLeast): holds = found >= bound
        case (false, .atMost): holds = found <= bound
        }
        // The change is of fractions, but people speak of points.
        let figure = isChange ? change(from: before ?? 0, to: after) : short(after)
        return (holds, "\(description) \(holds ? "holds" : "does not hold"): \(metric.rawValue) \(figure)")
    }

    private func change(from before: Double, to after: Double) -> String {
        let difference = (after - before) * (metric.isFraction ? 100 : 1)
        let sign = difference > 0 ? "+" : ""
        let unit = metric.isFraction ? " points" : ""
        return "changed by \(sign)\(short(difference))\(unit), from \(short(before)) to \(short(after))"
    }

    /// Four decimals below ten thousand, without trailing zeros; beyond and for tiny numbers all digits.
    private func short(_ value: Double) -> String {
        guard value.isFinite, value == 0 || (1e-3..<1e4).contains(value.magnitude) else {
            return value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
        }
        let rounded = (value * 1e4).rounded() / 1e4
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
