import Bantam

// The figures for people and for programs.

/// A table of medians, each beside memcpy's if that was run.
func report(table figures: [Suite.Figure]) -> String {
    let copy = figures.first { $0.name == "memcpy" }
    let width = figures.map(\.name.count).max() ?? 0
    let lines = figures.map { figure in
        let name = figure.name + String(repeating: " ", count: width - figure.name.count)
        let speed = padded(rounded(figure.gigabytesPerSecond))
        let fastest = padded(rounded(Double(figure.bytes) / figure.fastest / 1e9))
        let ratio = copy.map { padded(rounded(figure.gigabytesPerSecond / $0.gigabytesPerSecond)) } ?? ""
        return "\(name)  \(speed)  \(fastest)  \(ratio)"
    }
    let title = "operation" + String(repeating: " ", count: max(0, width - 9))
    return ([title + "      GB/s   fastest  × memcpy"] + lines).joined(separator: "\n")
}

/// An array of objects: name, bytes, median, fastest and slowest time in seconds, GB/s at the median.
func report(json figures: [Suite.Figure]) -> String {
    let objects = figures.map { figure in
        """
          {"name": "\(figure.name)", "bytes": \(figure.bytes), "median_seconds": \(figure.median), \
        "fastest_seconds": \(figure.fastest), "slowest_seconds": \(figure.slowest), \
        "gigabytes_per_second": \(figure.gigabytesPerSecond)}
        """
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]"
}

private func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    return "\(whole).\(rest < 10 ? "0" : "")\(rest)"
}

private func padded(_ text: String) -> String { String(repeating: " ", count: max(0, 8 - text.count)) + text }
