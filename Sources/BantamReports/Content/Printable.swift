// Names come out of files that anyone may have written.

/// `text` with everything made visible that would break a line, is no legal XML, or reorders words.
func printable(_ text: String, keepingLines: Bool = false) -> String {
    func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a, 0x09: !keepingLines
        case ..<0x20, 0x7f...0x9f: true
        case 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: true
        case 0xfdd0...0xfdef: true
        default: scalar.value & 0xfffe == 0xfffe
        }
    }
    guard text.unicodeScalars.contains(where: isHostile) else { return text }
    return text.unicodeScalars.map { isHostile($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
}

/// `name` cut in its middle to at most `limit` characters: the ends tell tensors apart.
func shortened(_ name: String, to limit: Int) -> String {
    let name = printable(name)
    guard name.count > limit, limit >= 3 else { return name }
    let tail = (limit - 1) * 3 / 5
    return name.prefix(limit - 1 - tail) + "…" + name.suffix(tail)
}
