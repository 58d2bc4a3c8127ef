"use strict";
// Tables sort by their heads, and long ones can be filtered. Without this script they are read as they stand.
for (const table of document.querySelectorAll("table.rb-table")) {
  const body = table.tBodies[0];
  const heads = table.tHead ? [...table.tHead.rows].at(-1).cells : [];
  if (!body || body.rows.length < 4 || table.tHead.rows.length > 1) continue;
  [...heads].forEach((head, column) => sortable(table, body, head, column));
  if (body.rows.length > 15) filterable(table, body);
}

function sortable(table, body, head, column) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "sort" });
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const rows = [...body.rows].sort((a, b) => compare(text(a, column), text(b, column)));
    body.append(...(ascending ? rows : rows.reverse()));
  });
}

function filterable(table, body) {
  const label = Object.assign(document.createElement("label"), { className: "filter", textContent: "Filter rows" });
  const input = Object.assign(document.createElement("input"), { type: "search" });
  label.append(input);
  (table.closest(".scroll") ?? table).before(label);
  input.addEventListener("input", () => {
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(input.value.toLowerCase());
  });
}

function text(row, column) {
  return row.cells[column]?.textContent.trim() ?? "";
}

function compare(a, b) {
  const [first, second] = [a, b].map((value) => Number(value.replace(/[, %]/g, "").replace("−", "-") || NaN));
  return first - second || (Number.isNaN(first) ? 1 : 0) - (Number.isNaN(second) ? 1 : 0) || a.localeCompare(b, "en", { numeric: true });
}
