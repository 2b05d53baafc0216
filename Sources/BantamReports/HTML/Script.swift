// The only thing that needs a script: sorting tables, and opening everything before printing.

/// The script of the page. It stays clear of `<` and `&`, so that the page is well-formed XML.
let script = #"""
    "use strict";
    for (const table of document.querySelectorAll("table.sortable")) {
      const body = table.tBodies[0];
      const rows = [...body.rows].slice(Number(table.dataset.pinned));
      const heads = [...table.tHead.rows[0].cells];
      const key = (row, column) => {
        const cell = row.cells[column];
        if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
        return cell.textContent === "–" ? undefined : cell.textContent;
      };
      const compare = (a, b) =>
        typeof a === "number" ? (a === b ? 0 : a > b ? 1 : -1)
          : String(a).localeCompare(String(b), "en", { numeric: true });
      heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          const current = head.getAttribute("aria-sort");
          const first = head.classList.contains("text") ? "ascending" : "descending";
          const other = first === "ascending" ? "descending" : "ascending";
          const next = current === first ? other : first;
          const sign = next === "ascending" ? 1 : -1;
          heads.forEach(one => one.removeAttribute("aria-sort"));
          head.setAttribute("aria-sort", next);
          rows.sort((one, two) => {
            const a = key(one, column), b = key(two, column);
            if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
            return sign * compare(a, b);
          });
          body.append(...rows);
        });
      });
    }
    const closed = new Set();
    addEventListener("beforeprint", () => {
      for (const one of document.querySelectorAll("details:not([open])")) {
        closed.add(one);
        one.open = true;
      }
    });
    addEventListener("afterprint", () => {
      for (const one of closed) one.open = false;
      closed.clear();
    });
    """#
