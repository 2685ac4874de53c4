"use strict";
const keyOf = cell => {
  const text = cell.dataset.value ?? cell.textContent.replaceAll(",", "");
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace("+", ""));
  return text !== "" && isFinite(text) ? Number(text) : text;
};
const compare = (one, other) => typeof one === "string" || typeof other === "string"
  ? String(one).localeCompare(String(other), "en", {numeric: true})
  : one < other ? -1 : one > other ? 1 : 0;

function sortBy(table, head, index) {
  const body = table.tBodies[0];
  const number = head.classList.contains("number");
  const order = number ? ["descending", "ascending", ""] : ["ascending", "descending", ""];
  const next = order[(order.indexOf(head.getAttribute("aria-sort") ?? "") + 1) % 3];
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  if (next) head.setAttribute("aria-sort", next);
  const sign = next === "descending" ? -1 : 1;
  const told = row => row.cells[index].textContent !== "";
  const rows = [...body.rows].sort((one, other) => next === ""
    ? one.dataset.place - other.dataset.place
    : told(other) - told(one) || sign * compare(keyOf(one.cells[index]), keyOf(other.cells[index])));
  body.append(...rows);
}

function filterBy(table, text) {
  const wanted = text.trim().toLowerCase();
  for (const row of table.tBodies[0].rows) {
    const names = [...row.querySelectorAll(".name")].map(cell => cell.textContent.toLowerCase());
    row.hidden = !names.some(name => name.includes(wanted));
  }
}

for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies[0].rows];
  rows.forEach((row, place) => { row.dataset.place = place; });
  if (rows.length < 2) continue;
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    if (head.classList.contains("bar")) return;
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, head, index));
    head.append(button);
  });
  if (rows.length > 8 && table.querySelector("td.name")) {
    const filter = document.createElement("input");
    filter.type = "search";
    filter.className = "filter";
    filter.placeholder = filter.ariaLabel = "Filter names";
    filter.addEventListener("input", () => filterBy(table, filter.value));
    table.parentElement.before(filter);
  }
}

for (const figure of document.querySelectorAll("figure")) {
  const caption = figure.querySelector("figcaption");
  const tell = event => {
    const title = event.target.closest("svg *")?.querySelector("title");
    if (title) caption.textContent = title.textContent;
  };
  for (const kind of ["pointerover", "click"]) figure.addEventListener(kind, tell);
}
