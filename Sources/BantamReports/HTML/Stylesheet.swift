// How the page looks: one column of text, calm colours, the same in the dark and on paper.

/// The style sheet of the page.
let stylesheet = paletteStyle + textStyle + tableStyle + chartStyle + narrowAndPrintStyle

private let lightColors = """
    --page: #fdfdfb; --raised: #f4f4f0; --ink: #1b1d20; --soft: #585e66; --line: #dcdcd4;
    --accent: #1d5bb5; --before: #858c95; --good: #17693a; --bad: #a8430a; --original: #1b1d20;
    """

private let paletteStyle = """
    :root { color-scheme: light dark; \(lightColors) }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #14161a; --raised: #1d2025; --ink: #e9e9e4; --soft: #a5abb3; --line: #343940;
        --accent: #82b1ff; --before: #868e98; --good: #74d09b; --bad: #f5a566; --original: #e9e9e4;
      }
    }

    """

private let textStyle = """
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
      font-variant-numeric: tabular-nums;
    }
    main { max-width: 70rem; margin: 0 auto; padding: 3rem 1.5rem 5rem; }
    h1 {
      font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.5rem;
      overflow-wrap: anywhere;
    }
    h2 { font-size: 1.35rem; line-height: 1.3; margin: 3.5rem 0 0.75rem; letter-spacing: -0.01em; }
    h3 { font-size: 1.05rem; margin: 2.25rem 0 0.5rem; overflow-wrap: anywhere; }
    p, li { max-width: 46rem; }
    p { margin: 0.5rem 0; overflow-wrap: anywhere; }
    .note, figcaption, .caption { color: var(--soft); font-size: 0.92rem; }
    .lead { font-size: 1.3rem; line-height: 1.45; margin: 0.75rem 0; }
    code {
      font: 0.92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
      overflow-wrap: anywhere;
    }
    pre {
      background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 0.9rem 1rem;
      overflow-x: auto; font-size: 0.92rem;
    }
    pre code { overflow-wrap: normal; white-space: pre; }
    ul { padding-left: 1.2rem; }
    li { margin: 0.3rem 0; overflow-wrap: anywhere; }
    a { color: var(--accent); }
    nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 1.25rem 0 0; font-size: 0.95rem; }
    nav a { text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

    .verdicts { list-style: none; padding: 0; margin: 1.5rem 0 0; border-top: 1px solid var(--line); }
    .verdicts li {
      display: grid; grid-template-columns: 7.5rem 1fr; gap: 1rem; max-width: none; margin: 0;
      padding: 1rem 0.75rem; border-bottom: 1px solid var(--line); border-left: 4px solid transparent;
    }
    .verdicts li.recommended { border-left-color: var(--accent); background: var(--raised); }
    .verdicts p { margin: 0.15rem 0; }
    .ratio { font-size: 1.8rem; line-height: 1.15; letter-spacing: -0.02em; text-align: right; }
    .who code { font-weight: 600; font-size: 1rem; margin-right: 0.4rem; }
    .badge {
      display: inline-block; font-size: 0.82rem; line-height: 1.5; padding: 0 0.55rem; border-radius: 1rem;
      border: 1px solid currentColor; white-space: nowrap; color: var(--soft);
    }
    .badge.good { color: var(--good); }
    .badge.bad { color: var(--bad); }
    .badge.take { color: var(--page); background: var(--accent); border-color: var(--accent); }

    details { border-top: 1px solid var(--line); }
    details + details { border-top: 1px solid var(--line); }
    main > details:last-of-type { border-bottom: 1px solid var(--line); }
    summary { cursor: pointer; padding: 0.8rem 0.25rem; overflow-wrap: anywhere; }
    main > details > summary { font-size: 1.05rem; }
    main > details > summary code { font-weight: 600; }
    summary:hover { background: var(--raised); }
    .inside { padding: 0 0 1.5rem; }
    .inside details { margin-top: 1rem; border-bottom: 1px solid var(--line); }
    .inside > details:last-child { border-bottom: 0; }

    """

private let tableStyle = """
    .scroll { position: relative; overflow-x: auto; margin: 0 0 1.5rem; max-width: 100%; }
    table { border-collapse: collapse; font-size: 0.87rem; line-height: 1.4; }
    .caption { margin: 1.25rem 0 0.4rem; }
    th, td {
      padding: 0.38rem 0.5rem; text-align: right; white-space: nowrap;
      border-bottom: 1px solid var(--line);
    }
    th.text, td.text, th[scope=row] { text-align: left; }
    thead th {
      font-weight: 600; vertical-align: bottom; border-bottom: 1px solid var(--soft); white-space: normal;
    }
    th[scope=row] { font-weight: 400; position: sticky; left: 0; background: var(--page); }
    th:first-child { padding-left: 0.25rem; text-align: left; }
    th[scope=row] code {
      display: inline-block; width: max-content; max-width: 24rem; white-space: normal;
      vertical-align: bottom;
    }
    tbody tr:hover td, tbody tr:hover th { background: var(--raised); }
    th button {
      all: unset; cursor: pointer; font: inherit; display: inline; border-radius: 2px;
    }
    th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    th button::after {
      content: "\\2195"; color: var(--soft); font-weight: 400; position: absolute; opacity: 0;
    }
    th button:hover::after, th button:focus-visible::after { opacity: 1; }
    th[aria-sort=ascending] button::after { content: "\\2191"; color: var(--accent); opacity: 1; }
    th[aria-sort=descending] button::after { content: "\\2193"; color: var(--accent); opacity: 1; }
    .heat td { text-align: center; min-width: 2.6rem; padding: 0.3rem 0.4rem; border: 1px solid var(--line); }
    .heat thead th + th { text-align: center; white-space: nowrap; }
    td.good { --tone: var(--good); } td.bad { --tone: var(--bad); }
    td.s0 { background: color-mix(in srgb, var(--tone) 10%, transparent); }
    td.s1 { background: color-mix(in srgb, var(--tone) 18%, transparent); }
    td.s2 { background: color-mix(in srgb, var(--tone) 26%, transparent); }
    td.s3 { background: color-mix(in srgb, var(--tone) 34%, transparent); }
    td.s4 { background: color-mix(in srgb, var(--tone) 42%, transparent); font-weight: 600; }

    """

private let chartStyle = """
    figure { margin: 0; min-width: 0; }
    .figures {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
      gap: 2rem 2.5rem; margin: 1rem 0 1.5rem; align-items: start;
    }
    .figures.single { grid-template-columns: minmax(0, 48rem); }
    .figures.single > figure > svg.chart { max-width: 32rem; }
    .figure-title { font-weight: 600; margin: 0 0 0.5rem; }
    .columns {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
      gap: 0 2.5rem; align-items: start;
    }
    .columns > div { min-width: 0; }
    .columns .figures { margin-bottom: 0; }
    figcaption { margin-top: 0.5rem; }
    svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
    .narrow { display: none; }
    .chart text { fill: var(--ink); font-size: 12px; font-family: inherit; }
    .wide .chart text.label, .narrow .chart text.label { font-size: 13px; }
    .chart text.tick, .chart text.axis-title, .chart text.figure { fill: var(--soft); }
    .chart text.strong { font-weight: 600; }
    .chart text.halo { paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .axis { stroke: var(--soft); stroke-width: 1; }
    .reference { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 4; }
    .lossless { stroke: var(--good); stroke-width: 1.5; stroke-dasharray: 6 4; }
    .leader { stroke: var(--soft); stroke-width: 0.8; }
    .front { fill: none; stroke: var(--accent); stroke-width: 1.8; opacity: 0.65; }
    .on-front { fill: var(--accent); stroke: var(--page); stroke-width: 1.5; }
    .off-front { fill: var(--page); stroke: var(--soft); stroke-width: 1.8; }
    .curve { fill: none; stroke: var(--accent); stroke-width: 1.8; stroke-linejoin: round; }
    .curve-point { fill: var(--accent); stroke: var(--page); stroke-width: 1.2; }
    .band { fill: var(--accent); opacity: 0.16; }
    .bound { fill: none; stroke: var(--ink); stroke-width: 1.4; stroke-dasharray: 6 4; }
    .original { fill: var(--original); }
    .whisker { stroke: var(--soft); stroke-width: 1.2; }
    .bar-before { fill: var(--before); }
    .bar-after { fill: var(--accent); }
    .bar-worse { fill: var(--bad); }
    .stem { stroke: var(--line); stroke-width: 2; }
    .dot-before { fill: var(--page); stroke: var(--before); stroke-width: 2; }
    .dot-after { fill: var(--accent); stroke: var(--page); stroke-width: 1; }
    .dot-worse { fill: var(--bad); stroke: var(--page); stroke-width: 1; }
    .change { stroke: var(--accent); stroke-width: 2; }
    .change.worse { stroke: var(--bad); }
    .area-before { fill: var(--before); opacity: 0.5; }
    .line-before { fill: none; stroke: var(--ink); stroke-width: 1.6; }
    .line-after { fill: none; stroke: var(--accent); stroke-width: 1.6; stroke-linejoin: round; }
    .kept { fill: var(--accent); opacity: 0.12; }
    .cut { stroke: var(--accent); stroke-width: 1.6; stroke-dasharray: 5 3; }

    """

private let narrowAndPrintStyle = """
    @media (max-width: 40rem) {
      main { padding: 1.5rem 1rem 3rem; }
      h1 { font-size: 1.6rem; }
      .lead { font-size: 1.15rem; }
      .wide { display: none; }
      .narrow { display: block; }
      .chart text { font-size: 13px; }
      .verdicts li { grid-template-columns: 1fr; gap: 0.25rem; }
      .ratio { text-align: left; }
      th[scope=row] code { max-width: 9.5rem; }
    }
    @media print {
      :root { color-scheme: light; \(lightColors) --page: #fff; }
      @page { margin: 14mm 12mm; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      body { font-size: 10pt; }
      main { max-width: none; padding: 0; }
      nav { display: none; }
      h2, h3, summary, .figure-title, .caption { break-after: avoid; }
      figure, .verdicts li, tr, pre, .columns > div { break-inside: avoid; }
      details::details-content { content-visibility: visible; block-size: auto; }
      .scroll { overflow: visible; }
      table { font-size: 7pt; }
      th, td { padding: 1.5pt 3pt; white-space: normal; }
      .heat td { min-width: 0; padding: 2pt; }
      .heat th { padding: 2pt; }
      th[scope=row] { position: static; }
      th[scope=row] code { max-width: 36mm; }
      thead { display: table-header-group; }
      th button::after { content: none; }
      pre { white-space: pre-wrap; overflow: visible; }
      pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
      .figures:not(.single), .columns { grid-template-columns: 1fr 1fr; gap: 6mm; }
    }
    """
