// Blocks as GitHub-flavoured Markdown: for pull requests, for terminals, for those who cannot see a chart.

/// Writes a report as Markdown.
struct MarkdownRenderer {
    func text(_ blocks: [Block]) -> String {
        blocks.map { render($0) }.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    func render(_ prose: Prose, inTable: Bool = false) -> String {
        prose.pieces.map {
            switch $0 {
            case .text(let text): Self.escapedText(text)
            case .strong(let text): "**\(Self.escapedText(text))**"
            case .name(let name): Self.codeSpan(shortened(name, to: 200), inTable: inTable)
            }
        }
        .joined()
    }

    /// `text` with everything escaped that Markdown or HTML would read as markup.
    static func escapedText(_ text: String) -> String {
        var result = ""
        for character in printable(text) {
            if "\\`*_{}[]<>#|~&".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    /// `name` as a code span with a fence longer than any run of backticks in it.
    static func codeSpan(_ name: String, inTable: Bool) -> String {
        let fence = String(repeating: "`", count: longestRun(of: "`", in: name) + 1)
        let needsBlank = name.hasPrefix("`") || name.hasSuffix("`") || name.isEmpty
        let padded = needsBlank ? " \(name) " : name
        return fence
            + (inTable
                ? padded.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
                : padded) + fence
    }

    private static func longestRun(of mark: Character, in text: String) -> Int {
        var (longest, current) = (0, 0)
        for character in text {
            current = character == mark ? current + 1 : 0
            longest = max(longest, current)
        }
        return longest
    }

    /// `depth`: how many details the block is inside of; they become headings here.
    func render(_ block: Block, depth: Int = 0) -> String {
        switch block {
        case .heading(let level, let text, _):
            return String(repeating: "#", count: level + depth) + " " + render(text)
        case .paragraph(let text, _): return render(text)
        case .verdicts(let lines):
            return lines.map { line in
                let mark = line.isRecommended && lines.count > 1 ? " (recommended)" : ""
                return
                    """
                    - \(Self.codeSpan(shortened(line.name, to: 200), inTable: false))\(mark), \
                    \(Self.escapedText(line.badge)): \(render(line.sentences))
                    """
            }
            .joined(separator: "\n")
        case .list(let items): return items.map { "- " + render($0) }.joined(separator: "\n")
        case .table(let table): return render(table)
        case .figures(let figures): return figures.map { render($0, depth: depth) }.joined(separator: "\n\n")
        case .columns(let columns):
            return columns.joined().map { render($0, depth: depth) }.joined(separator: "\n\n")
        case .code(let text, let language):
            let fence = String(repeating: "`", count: max(3, Self.longestRun(of: "`", in: text) + 1))
            let content = printable(text, keepingLines: true)
            return "\(fence)\(language)\n\(content)\(content.hasSuffix("\n") ? "" : "\n")\(fence)"
        case .details(let summary, _, let blocks):
            let heading = String(repeating: "#", count: 3 + depth) + " " + render(summary)
            return ([heading] + blocks.map { render($0, depth: depth + 1) }).filter { !$0.isEmpty }
                .joined(separator: "\n\n")
        }
    }

    private func render(_ figure: Figure, depth: Int) -> String {
        let title = figure.title.isEmpty ? "" : "**\(render(figure.title))**"
        let parts = [title, figure.caption.isEmpty ? "" : render(figure.caption)]
        return (parts + figure.standIn.map { render($0, depth: depth) }).filter { !$0.isEmpty }.joined(
            separator: "\n\n")
    }

    private func render(_ table: Table) -> String {
        var lines = [
            "| " + table.columns.map { Self.escapedText($0.title) }.joined(separator: " | ") + " |",
            "|" + table.columns.map { $0.isNumeric ? " ---: |" : " --- |" }.joined(),
        ]
        lines += table.rows.map { row in
            "| " + row.map { render($0.content, inTable: true) }.joined(separator: " | ") + " |"
        }
        return render(table.caption) + ":\n\n" + lines.joined(separator: "\n")
    }
}
