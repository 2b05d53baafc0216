// What `--max-loss` asks for.

import BantamEvaluator
import BantamTensors

/// How much worse a figure may become: `accuracy=0.5%` is at most half a percentage point of accuracy.
///
/// Accepted are the figures that every sample has by itself: `accuracy`, `top5`, `agreement` (with the original's predictions)
/// and `nll`, where a loss is an increase. `%` means percentage points, and for `nll` per cent of the original's; without it
/// the value is a fraction, or nats.
public struct LossBound: Sendable, Equatable, CustomStringConvertible {
    /// The figure.
    public let metric: Metric
    /// The number as written, without its unit.
    public let value: Double
    /// Whether it is in per cent or percentage points.
    public let isPercent: Bool
    /// The bound as written.
    public let description: String

    /// The bound that a user wrote.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything but METRIC=VALUE with one of the four metrics and a
    ///   value that is not negative.
    public init(_ text: String) throws {
        description = text
        func fault(_ message: String) -> BantamError {
            BantamError(.invalidArgument, "loss '\(text)': \(message)")
        }
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw fault("expected METRIC=VALUE, such as accuracy=0.5%") }
        guard let metric = Metric(name: String(parts[0])), metric.isMeanOverSamples else {
            let names = Metric.allCases.filter(\.isMeanOverSamples).map(\.rawValue)
            throw fault("expected one of \(names.joined(separator: ", ")), found '\(parts[0])'")
        }
        isPercent = parts[1].hasSuffix("%")
        let number = isPercent ? parts[1].dropLast() : parts[1]
        guard number.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }),
            let value = Double(number), value.isFinite, value >= 0
        else { throw fault("expected a number from 0, perhaps with %, found '\(parts[1])'") }
        guard !metric.isCount || value <= (isPercent ? 100 : 1) else {
            throw fault("\(metric.rawValue) cannot lose more than all; expected at most 100% or 1")
        }
        (self.metric, self.value) = (metric, value)
    }

    /// The mean loss that is allowed, in the unit of the figure.
    ///
    /// - Parameter original: the original's figure.
    public func allowed(original: Double) -> Double {
        guard isPercent else { return value }
        return value / 100 * (metric.isCount ? 1 : original.magnitude)
    }
}
