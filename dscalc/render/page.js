"use strict";
const textOf = (row, index) => row.cells[index].textContent;

function keyOf(cell) {
  const text = cell.dataset.value ?? cell.textContent.replaceAll(",", "");
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.replace("+", ""));
  return text !== "" && isFinite(text) ? Number(text) : text;
}

const natural = new Intl.Collator("en", {numeric: true});
const compare = (one, other) => typeof one === "string" || typeof other === "string"
  ? natural.compare(String(one), String(other))
  : one < other ? -1 : one > other ? 1 : 0;

function inOrder(rows, index, way) {
  if (way === "") return rows;
  const sign = way === "descending" ? -1 : 1;
  const told = rows.filter(row => textOf(row, index) !== "");
  const keys = new Map(told.map(row => [row, keyOf(row.cells[index])]));
  told.sort((one, other) => sign * compare(keys.get(one), keys.get(other)));
  return [...told, ...rows.filter(row => !keys.has(row))];
}

function sortBy(table, rows, head, index) {
  const number = head.classList.contains("number");
  const ways = number ? ["descending", "ascending", ""] : ["ascending", "descending", ""];
  const way = ways[(ways.indexOf(head.getAttribute("aria-sort") ?? "") + 1) % ways.length];
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  if (way) head.setAttribute("aria-sort", way);
  const body = table.tBodies[0], next = body.nextSibling;
  body.remove();  // rows that move in a page cost a look at all that follow them, each
  for (const row of inOrder(rows, index, way)) body.append(row);
  table.insertBefore(body, next);
}

function addSorting(table, rows) {
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    if (head.classList.contains("bar")) return;
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, rows, head, index));
    head.append(button);
    head.classList.add("sorts");
  });
}

function addFilter(table, rows) {
  const filter = document.createElement("input");
  filter.type = "search";
  filter.className = "filter";
  filter.placeholder = filter.ariaLabel = "Filter names";
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const row of rows) {
      const names = [...row.querySelectorAll(".name")].map(cell => cell.textContent.toLowerCase());
      row.hidden = !names.some(name => name.includes(wanted));
    }
  });
  table.parentElement.before(filter);
}

function tellBar(event) {
  const bar = event.target.closest("td.bar");
  if (!bar) return;
  const name = bar.parentElement.querySelector(".name")?.textContent;
  const number = bar.previousElementSibling;
  bar.title = `${name ? `${name}: ` : ""}${number.dataset.head} ${number.textContent}`;
}

for (const table of document.querySelectorAll("table")) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length > 1) addSorting(table, rows);
  if (rows.length > 8 && table.querySelector("td.name")) addFilter(table, rows);
  table.addEventListener("pointerover", tellBar);
}

for (const figure of document.querySelectorAll("figure")) {
  const caption = figure.querySelector("figcaption");
  const tell = event => {
    const title = event.target.closest("svg *")?.querySelector("title");
    if (title) caption.textContent = title.textContent;
  };
  for (const kind of ["pointerover", "click"]) figure.addEventListener(kind, tell);
}
