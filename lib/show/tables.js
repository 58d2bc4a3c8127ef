"use strict";
// Tables sort by their heads, can be filtered, and show the rest of their rows at a click: in the document, and in a front end that runs scripts.
// Without this script they are read as they stand.
(() => {
  if (window.runbookTables) return;
  window.runbookTables = true;
  const embedded = document.getElementById("rb-data");
  prepareAll();
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      prepareAll();
    });
  }).observe(document.body, { childList: true, subtree: true });

  // a link leads into what is folded, and paper cannot be unfolded
  const reveal = () => {
    let place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    const target = place;
    for (; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
    target.scrollIntoView();
  };
  if (embedded) {
    addEventListener("hashchange", reveal);
    if (location.hash) reveal();
    addEventListener("beforeprint", () => {
      for (const details of document.querySelectorAll("details.findings")) details.open = true;
    });
  }

  function prepareAll() {
    for (const table of document.querySelectorAll("table.rb-table:not(.rb-ready)")) prepare(table);
    for (const scroll of document.querySelectorAll(".scroll[tabindex]"))
      if (scroll.clientWidth > 0 && scroll.scrollWidth <= scroll.clientWidth) scroll.removeAttribute("tabindex");
  }

  function prepare(table) {
    table.classList.add("rb-ready");
    if (table.closest(".rb-rest")) return;
    const body = table.tBodies[0];
    if (!body || !table.tHead || table.tHead.rows.length > 1) return;
    const rest = mergeRest(table, body);
    if (body.rows.length >= 4)
      [...table.tHead.rows[0].cells].forEach((head, column) => sortable(table, body, head, column));
    if (body.rows.length > 15) filterable(table, body);
    if (rest) foldable(table, rest);
    if (embedded) downloadable(table);
  }

  function mergeRest(table, body) {
    const place = table.closest(".scroll") ?? table;
    const details = place.nextElementSibling;
    if (!details?.classList.contains("rb-rest")) return undefined;
    const rows = [...details.querySelectorAll("tbody tr")];
    for (const row of rows) row.classList.add("rb-more");
    body.append(...rows);
    details.remove();
    return rows.length;
  }

  function foldable(table, rest) {
    const button = make("button", { type: "button", className: "rb-fold" });
    const tell = () => {
      const all = table.classList.contains("rb-all");
      for (const shown of table.querySelectorAll(".rb-shown")) shown.hidden = all;
      button.textContent = all ? `Hide ${rest} rows` : `Show ${rest} more ${rest === 1 ? "row" : "rows"}`;
      button.setAttribute("aria-expanded", String(all));
    };
    button.addEventListener("click", () => {
      table.classList.toggle("rb-all");
      tell();
    });
    tell();
    (table.closest(".scroll") ?? table).after(button);
  }

  function sortable(table, body, head, column) {
    const button = make("button", { type: "button", className: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const rows = [...body.rows].sort((a, b) => compare(text(a, column), text(b, column)));
      const folded = rows.filter((row) => row.classList.contains("rb-more")).length;
      if (!ascending) rows.reverse();
      // the first rows are those that are shown, whatever they are sorted by
      rows.forEach((row, index) => row.classList.toggle("rb-more", index >= rows.length - folded));
      body.append(...rows);
    });
  }

  function filterable(table, body) {
    const label = make("label", { className: "rb-filter", textContent: "Filter rows" });
    const input = make("input", { type: "search" });
    label.append(input);
    (table.closest(".scroll") ?? table).before(label);
    // a front end has shortcuts on single letters
    for (const type of ["keydown", "keypress", "keyup"])
      input.addEventListener(type, (event) => event.stopPropagation());
    input.addEventListener("input", () => {
      table.classList.toggle("rb-filtered", input.value !== "");
      for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(input.value.toLowerCase());
    });
  }

  function downloadable(table) {
    const link = table.caption?.querySelector('a[href^="data/"]');
    const file = link && decodeURI(link.getAttribute("href"));
    if (!file) return;
    for (const other of table.caption.querySelectorAll("a.rb-format"))
      other.setAttribute("aria-label", `Download as ${other.textContent}: ${table.caption.dataset.title ?? file}`);
    // a document that travels alone has its rows inside, and writes them as CSV itself
    table.caption.querySelector('a.rb-format[href$=".csv"]')?.addEventListener("click", async (event) => {
      event.preventDefault();
      const { columns, rows } = (await data())[file];
      const field = (value) =>
        value === null
          ? ""
          : /^$|[",;\t\r\n]/.test(String(value))
            ? `"${withoutFormula(String(value)).replaceAll('"', '""')}"`
            : withoutFormula(String(value));
      save(
        file.replace(/^data\/|\.json$/g, "") + ".csv",
        [columns.map(({ name }) => name), ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n",
        "text/csv",
      );
    });
    // the file lies beside the document; a document that travels alone has it inside
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      save(file.replace("data/", ""), JSON.stringify((await data())[file]), "application/json");
    });
  }

  // what a spreadsheet would take for a formula, as lib/show/print.ts writes it
  function withoutFormula(text) {
    const isFormula =
      /^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^-Infinity$/i.test(text);
    return isFormula ? `'${text}` : text;
  }

  let unpacked;
  function data() {
    const bytes = Uint8Array.from(atob(embedded.textContent.trim()), (character) => character.charCodeAt(0));
    unpacked ??= new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
    return unpacked;
  }

  function save(name, content, type) {
    const url = URL.createObjectURL(new Blob([content], { type }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  function make(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }

  function text(row, column) {
    return row.cells[column]?.textContent.trim() ?? "";
  }

  function compare(a, b) {
    const [first, second] = [a, b].map((value) => Number(value.replace(/[, %]/g, "").replace("−", "-") || NaN));
    return (
      first - second ||
      (Number.isNaN(first) ? 1 : 0) - (Number.isNaN(second) ? 1 : 0) ||
      a.localeCompare(b, "en", { numeric: true })
    );
  }
})();
