// Blocks as one HTML file. The markup is well-formed XML too, so that any parser can check it.

/// Writes a report as HTML.
struct HTMLRenderer {
    func page(title: String, _ blocks: [Block]) -> String {
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="color-scheme" content="light dark" />
            <title>\(escaped(title))</title>
            <style>
            \(stylesheet)
            </style>
            </head>
            <body>
            <main>

            """
        for (index, block) in blocks.enumerated() {
            page += render(block)
            // The way around comes after the title and the line that says what the report is about.
            if index == 1 { page += navigation(blocks) }
        }
        return page + "</main>\n<script>\n\(script)\n</script>\n</body>\n</html>\n"
    }

    private func navigation(_ blocks: [Block]) -> String {
        let links = blocks.compactMap { block -> String? in
            guard case .heading(2, let title, let id) = block, !id.isEmpty else { return nil }
            return "<a href=\"#\(escaped(id))\">\(render(title))</a>"
        }
        return links.isEmpty ? "" : "<nav aria-label=\"Sections\">\(links.joined(separator: "\n"))</nav>\n"
    }

    func render(_ prose: Prose) -> String {
        prose.pieces.map {
            switch $0 {
            case .text(let text): escaped(withFixedUnits(text))
            case .strong(let text): "<strong>\(escaped(withFixedUnits(text)))</strong>"
            case .name(let name): "<code>\(escaped(shortened(name, to: 200)))</code>"
            }
        }
        .joined()
    }

    /// `text` with figures held together with their units by no-break spaces.
    private func withFixedUnits(_ text: String) -> String {
        let units: Set<Substring> = [
            "B", "KB", "MB", "GB", "TB", "%", "dB", "points", "s", "ms", "µs", "→", "…",
        ]
        var result = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let unit = word.prefix { !",;:.)".contains($0) }
            let isFigure = result.last.map { $0.isNumber || $0 == "∞" || $0 == "%" } ?? false
            if !result.isEmpty || word.startIndex != text.startIndex {
                result += isFigure && units.contains(unit) ? "\u{a0}" : " "
            }
            result += word
        }
        return result
    }

    func render(_ block: Block) -> String {
        switch block {
        case .heading(let level, let text, let id):
            let anchor = id.isEmpty ? "" : " id=\"\(escaped(id))\""
            return "<h\(level)\(anchor)>\(render(text))</h\(level)>\n"
        case .paragraph(let text, let style):
            let marker = style == .normal ? "" : " class=\"\(style)\""
            return "<p\(marker)>\(render(text))</p>\n"
        case .verdicts(let lines): return render(lines)
        case .list(let items):
            guard !items.isEmpty else { return "" }
            return "<ul>\n" + items.map { "<li>\(render($0))</li>\n" }.joined() + "</ul>\n"
        case .table(let table): return render(table)
        case .figures(let figures):
            return "<div class=\"figures\(figures.count == 1 ? " single" : "")\">\n"
                + figures.map(render).joined() + "</div>\n"
        case .columns(let columns):
            return "<div class=\"columns\">\n"
                + columns.map { "<div>\n" + $0.map(render).joined() + "</div>\n" }.joined() + "</div>\n"
        case .code(let text, _):
            return
                "<pre tabindex=\"0\"><code>\(escaped(text, keepingLines: true))</code></pre>\n"
        case .details(let summary, let open, let blocks):
            return "<details\(open ? " open=\"open\"" : "")>\n<summary>\(render(summary))</summary>\n"
                + "<div class=\"inside\">\n" + blocks.map(render).joined() + "</div>\n</details>\n"
        }
    }

    private func render(_ lines: [VerdictLine]) -> String {
        let items = lines.map { line in
            let mark =
                line.isRecommended && lines.count > 1 ? "<span class=\"badge take\">recommended</span>" : ""
            return """
                <li\(line.isRecommended ? " class=\"recommended\"" : "")>
                <div class="ratio">\(escaped(line.ratio))</div>
                <div><p class="who"><code>\(escaped(shortened(line.name, to: 200)))</code> \
                <span class="badge \(line.tone.rawValue)">\(escaped(line.badge))</span> \(mark)</p>
                <p>\(render(line.sentences))</p></div>
                </li>

                """
        }
        return "<ul class=\"verdicts\">\n\(items.joined())</ul>\n"
    }

    private func render(_ figure: Figure) -> String {
        let drawing: String
        switch figure.drawing {
        case .one(let svg): drawing = svg
        case .responsive(let wide, let narrow):
            drawing = "<div class=\"wide\">\(wide)</div><div class=\"narrow\">\(narrow)</div>"
        }
        let gap: Prose = figure.caption.isEmpty || figure.legend.isEmpty ? "" : " "
        let note = figure.caption + gap + figure.legend
        let title = figure.title.isEmpty ? "" : "<p class=\"figure-title\">\(render(figure.title))</p>\n"
        return "<figure>\n\(title)\(drawing)<figcaption>\(render(note))</figcaption>\n</figure>\n"
    }

    private func render(_ table: Table) -> String {
        let style = [table.isSortable ? "sortable" : "", table.isHeat ? "heat" : ""].filter { !$0.isEmpty }
        var text =
            "<p class=\"caption\">\(render(table.caption))</p>\n"
                + """
                <div class=\"scroll\" role=\"region\" tabindex=\"0\" \
                aria-label=\"\(escaped(table.caption.plain))\">\n
                """
            + "<table class=\"\(style.joined(separator: " "))\" data-pinned=\"\(table.pinnedRows)\">\n"
            + "<thead>\n<tr>"
        for column in table.columns {
            let title = column.explanation.isEmpty ? "" : " title=\"\(escaped(column.explanation))\""
            text += "<th scope=\"col\"\(column.isNumeric ? "" : " class=\"text\"")\(title)>"
            text += "\(escaped(column.title))</th>"
        }
        text += "</tr>\n</thead>\n<tbody>\n"
        for row in table.rows {
            text += "<tr>"
            for (index, cell) in row.enumerated() {
                text += render(
                    cell, isHeader: index == 0,
                    isNumeric: index < table.columns.count && table.columns[index].isNumeric)
            }
            text += "</tr>\n"
        }
        return text + "</tbody>\n</table>\n</div>\n"
    }

    private func render(_ cell: Table.Cell, isHeader: Bool, isNumeric: Bool) -> String {
        var attributes = ""
        if isHeader { attributes += " scope=\"row\"" }
        if cell.tone != .neutral {
            let strength = cell.strength.isFinite ? min(max(Int(4 * cell.strength), 0), 4) : 0
            attributes += " class=\"\(cell.tone.rawValue) s\(strength)\""
        } else if !isNumeric {
            attributes += " class=\"text\""
        }
        if let key = cell.sortKey, !key.isNaN {
            attributes += " data-v=\"\(key.isInfinite ? (key < 0 ? "-Infinity" : "Infinity") : "\(key)")\""
        }
        if !cell.hint.isEmpty { attributes += " title=\"\(escaped(cell.hint))\"" }
        let element = isHeader ? "th" : "td"
        return "<\(element)\(attributes)>\(render(cell.content))</\(element)>"
    }
}
