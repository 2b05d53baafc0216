// What a report says, before anybody decides how it looks: HTML and Markdown are two renderings of it.

/// A part of a report.
indirect enum Block: Sendable {
    case heading(level: Int, Prose, id: String)
    case paragraph(Prose, Style = .normal)
    case verdicts([VerdictLine])
    case list([Prose])
    case table(Table)
    case figures([Figure])
    /// Groups side by side where there is room.
    case columns([[Block]])
    case code(String, language: String)
    case details(summary: Prose, open: Bool, [Block])

    enum Style: Sendable { case normal, lead, note }
}

/// One recipe's verdict as a line to be found at a glance.
struct VerdictLine: Sendable {
    var name: String
    var ratio: String
    var badge: String
    var tone: Tone
    var isRecommended: Bool
    var sentences: Prose
}

/// Whether a figure is welcome; always said in words or signs as well.
enum Tone: String, Sendable { case good, bad, neutral }

/// A chart, and the figures behind it for those who cannot see it.
struct Figure: Sendable {
    var title: Prose
    /// What is shown, and what was left out.
    var caption: Prose
    /// How to read the drawing; of no use without it.
    var legend: Prose = ""
    /// The drawing, as one SVG element per width it was laid out for.
    var drawing: Drawing
    /// The same in words and numbers, for Markdown.
    var standIn: [Block]

    enum Drawing: Sendable {
        case one(String)
        case responsive(wide: String, narrow: String)
    }
}

/// Rows and columns. The first cell of a row names it.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        /// What the figures are measured in, or how they are defined.
        var explanation: String
        var isNumeric: Bool

        init(_ title: String, _ explanation: String = "", isNumeric: Bool = true) {
            self.title = title
            self.explanation = explanation
            self.isNumeric = isNumeric
        }
    }

    struct Cell: Sendable {
        var content: Prose
        /// What the column is sorted by, if not the text.
        var sortKey: Double?
        var tone: Tone = .neutral
        /// How strongly a heat table fills the cell, 0…1.
        var strength: Double = 0
        /// Said when a pointer rests on the cell.
        var hint: String = ""

        init(
            _ content: Prose, sortKey: Double? = nil, tone: Tone = .neutral, strength: Double = 0,
            hint: String = ""
        ) {
            self.content = content
            self.sortKey = sortKey
            self.tone = tone
            self.strength = strength
            self.hint = hint
        }

        /// A figure, or a dash where there is none.
        static func figure(_ value: Double?, _ format: (Double) -> String) -> Cell {
            guard let value else { return Cell("–") }
            return Cell(Prose(format(value)), sortKey: value)
        }
    }

    var caption: Prose
    var columns: [Column]
    var rows: [[Cell]]
    var isSortable = false
    /// Rows that stay on top whatever the order.
    var pinnedRows = 0
    var isHeat = false
}
