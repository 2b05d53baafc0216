// One place decides how a figure looks, so that the same figure looks the same everywhere.

import Foundation

/// How figures are written: units, decimals, signs. 1 KB = 1000 B.
public enum Format {
    /// `512 B`, `33.0 KB`, `1.52 MB`: three significant digits, 1 KB = 1000 B.
    public static func bytes(_ count: Double) -> String {
        guard count.isFinite else { return number(count) }
        guard count.magnitude >= 999.5 else { return fixed(count, 0) + " B" }
        var value = count
        var unit = -1
        let units = ["KB", "MB", "GB", "TB", "PB", "EB"]
        repeat {
            value /= 1000
            unit += 1
        } while value.magnitude >= 999.5 && unit < units.count - 1
        let decimals = value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0
        return "\(fixed(value, decimals)) \(units[unit])"
    }

    /// See ``bytes(_:)-(Double)``.
    public static func bytes(_ count: Int) -> String { bytes(Double(count)) }

    /// `4.02×`.
    public static func ratio(_ value: Double) -> String { fixed(value, 2) + "×" }

    /// `8.03`: bits per weight, without the unit.
    public static func bitsPerWeight(_ value: Double) -> String { fixed(value, 2) }

    /// `0.6645`: compressed over original bytes.
    public static func share(_ value: Double) -> String { fixed(value, 4) }

    /// `16.5`, `1.73`, `0.041`: a speed in GB/s, without the unit, three significant digits from a hundredth on.
    public static func speed(_ value: Double) -> String {
        fixed(value, value < 0.0995 ? 3 : value < 9.995 ? 2 : 1)
    }

    /// `97.2 %` from a fraction.
    public static func percent(_ fraction: Double, decimals: Int = 1) -> String {
        fixed(100 * fraction, decimals) + " %"
    }

    /// Decimals that a percentage of so many samples deserves: one below a thousand, else two.
    public static func percentDecimals(samples: Int) -> Int { samples < 1000 ? 1 : 2 }

    /// `−0.2`, `+1.3`, `0.0`: a change of a fraction in percentage points, without the unit.
    public static func points(_ fraction: Double, decimals: Int = 1) -> String {
        let text = fixed(100 * fraction, decimals)
        return fraction > 0 && text.contains(where: { ("1"..."9").contains($0) }) ? "+" + text : text
    }

    /// `−0.9 … +0.5`: an interval of changes in percentage points, without the unit.
    public static func points(_ interval: ClosedRange<Double>, decimals: Int = 1) -> String {
        // An end that only rounding puts at zero is written out: on which side of zero it lies decides.
        let isHidden = [interval.lowerBound, interval.upperBound].contains {
            $0 != 0 && fixed(100 * $0, decimals) == fixed(0, decimals)
        }
        if isHidden && decimals < 4 { return points(interval, decimals: decimals + 1) }
        return points(interval.lowerBound, decimals: decimals) + " … "
            + points(interval.upperBound, decimals: decimals)
    }

    /// `41.1 dB`; `∞ dB` where nothing was lost.
    public static func decibels(_ value: Double) -> String { fixed(value, 1) + " dB" }

    /// `1.23 s`, `45.6 ms`, `789 µs`: three significant digits.
    public static func seconds(_ value: Double) -> String {
        switch value.magnitude {
        case _ where !value.isFinite: number(value)
        case ..<0.000_999_5: fixed(value * 1e6, value < 9.995e-6 ? 2 : value < 99.95e-6 ? 1 : 0) + " µs"
        case ..<0.9995: fixed(value * 1e3, value < 9.995e-3 ? 2 : value < 99.95e-3 ? 1 : 0) + " ms"
        default: fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + " s"
        }
    }

    /// `1,234,567`.
    public static func count(_ value: Int) -> String {
        var groups: [Substring] = []
        var digits = Substring(String(value.magnitude))
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        groups.insert(digits, at: 0)
        return (value < 0 ? "−" : "") + groups.joined(separator: ",")
    }

    /// `12 samples`, `1 sample`.
    public static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
    }

    /// `+3`, `−2`, `0`.
    public static func signed(_ value: Int) -> String { value > 0 ? "+" + count(value) : count(value) }

    /// `0.00881`, `12.4`, `3.21e-6`: three significant digits of a figure of any size.
    public static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "−∞" : "∞" }
        if value == 0 { return "0" }
        let exponent = Int(log10(value.magnitude).rounded(.down))
        if exponent < -4 || exponent > 5 {
            let parts = String(format: "%.2e", value).split(separator: "e")
            let power = Int(parts[1]) ?? 0
            return minus(String(parts[0])) + "e" + minus(String(power))
        }
        return fixed(value, max(0, 2 - exponent))
    }

    /// `0.9998`, and `1` only where nothing is missing from one.
    public static func cosine(_ value: Double) -> String {
        if value == 1 { return "1" }
        return value > 0.999_995 && value < 1 ? "> 0.99999" : fixed(value, 5)
    }

    /// A figure with so many decimals and a real minus sign; never `−0.0`.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else {
            return value.isFinite ? minus(String(format: "%.2e", value)) : number(value)
        }
        let text = String(format: "%.\(decimals)f", value)
        let isZero = !text.contains { ("1"..."9").contains($0) }
        return minus(isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text)
    }

    private static func minus(_ text: String) -> String {
        text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }
}
