// The few shapes that charts are drawn with. Colours are classes, so that light, dark and paper can differ.

/// An SVG drawing under construction. Text is escaped here, positions are cut to a tenth of a unit.
struct SVG {
    let width, height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// A place on the page to one decimal, without a trailing zero.
    static func place(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }

    private mutating func shape(_ element: String, _ attributes: String, _ style: String, title: String?) {
        body += "<\(element) class=\"\(style)\" \(attributes)"
        if let title { body += "><title>\(escaped(title))</title></\(element)>" } else { body += "/>" }
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        let places = [x1, y1, x2, y2].map(SVG.place)
        shape(
            "line", "x1=\"\(places[0])\" y1=\"\(places[1])\" x2=\"\(places[2])\" y2=\"\(places[3])\"", style,
            title: nil)
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, title: String? = nil
    ) {
        let places = [x, y, max(width, 0), max(height, 0)].map(SVG.place)
        shape(
            "rect", "x=\"\(places[0])\" y=\"\(places[1])\" width=\"\(places[2])\" height=\"\(places[3])\"",
            style, title: title)
    }

    mutating func circle(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        let places = [x, y, radius].map(SVG.place)
        shape("circle", "cx=\"\(places[0])\" cy=\"\(places[1])\" r=\"\(places[2])\"", style, title: title)
    }

    mutating func diamond(_ x: Double, _ y: Double, _ radius: Double, _ style: String, title: String? = nil) {
        path(
            [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], closed: true, style,
            title: title)
    }

    mutating func path(
        _ points: [(Double, Double)], closed: Bool = false, _ style: String, title: String? = nil
    ) {
        guard points.count > 1 else { return }
        let places = points.map { SVG.place($0.0) + " " + SVG.place($0.1) }.joined(separator: "L")
        shape("path", "d=\"M\(places)\(closed ? "Z" : "")\"", style, title: title)
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, _ style: String = "", anchor: Anchor = .start,
        title: String? = nil
    ) {
        body += "<text x=\"\(SVG.place(x))\" y=\"\(SVG.place(y))\""
        if !style.isEmpty { body += " class=\"\(style)\"" }
        if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
        body += ">"
        if let title { body += "<title>\(escaped(title))</title>" }
        body += escaped(text) + "</text>"
    }

    /// The finished element, with the words a screen reader says for it.
    func element(label: String, style: String = "") -> String {
        "<svg class=\"chart\(style.isEmpty ? "" : " " + style)\" role=\"img\" "
            + "viewBox=\"0 0 \(SVG.place(width)) \(SVG.place(height))\" "
            + "aria-label=\"\(escaped(label))\"><title>\(escaped(label))</title>\(body)</svg>\n"
    }
}

/// Text in charts is 12 units high, and 13 on narrow screens: what layouts leave room for.
let largestTextSize = 13.0

/// About how wide a text is at a font size, in the same unit; on the safe side for the system's fonts.
func textWidth(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { width, scalar in
        switch scalar.value {
        case 0x20, 0x2e, 0x2c, 0x3a, 0x69, 0x6a, 0x6c, 0x2019: width + 0.32
        case ..<0x2e80:
            width + (scalar.properties.isUppercase || scalar == "m" || scalar == "w" ? 0.74 : 0.58)
        default: width + 1.1
        }
    } * size
}

/// `text` printable and cut in its middle until it fits into `width`.
func fitted(_ text: String, width: Double, size: Double) -> String {
    var limit = min(text.count, 200)
    var result = shortened(text, to: limit)
    while textWidth(result, size: size) > width, limit > 3 {
        limit -= 1
        result = shortened(text, to: limit)
    }
    return result
}
