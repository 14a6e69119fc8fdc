// Sort and filter the table of settlements.

const TEXT_COLUMNS = { name: 0, destination: 2, route: 3 };

function createTable() {
  const table = byId("settlement-table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headers = [...table.tHead.rows[0].cells];
  const text = byId("filter-text");
  const unserved = byId("filter-unserved");

  function visibleText(cell) {
    const spoken = cell.querySelector(`:scope > span[lang="${language()}"]`);
    return (spoken || cell).textContent.trim();
  }

  function keyOf(row, key) {
    if (key in TEXT_COLUMNS) return visibleText(row.cells[TEXT_COLUMNS[key]]);
    const value = row.dataset[key];
    return value === "" ? Infinity : Number(value);
  }

  function sort(header) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of headers) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = header.dataset.key;
    const collator = new Intl.Collator(language());
    const keyed = rows.map((row, k) => [keyOf(row, key), k, row]);
    keyed.sort(([a, i], [b, j]) => {
      const order = typeof a === "string" ? collator.compare(a, b) : a === b ? 0 : a - b;
      return (down ? -order : order) || i - j;
    });
    body.append(...keyed.map(([, , row]) => row));
  }

  function filter() {
    const wanted = text.value.trim().toLocaleLowerCase(language());
    let shown = 0;
    for (const row of rows) {
      const fits = row.textContent.toLocaleLowerCase(language()).includes(wanted);
      row.hidden = !fits || (unserved.checked && Number(row.dataset.unserved) === 0);
      shown += row.hidden ? 0 : 1;
    }
    byId("filter-count").textContent = say("rowsShown", { shown: numberWords(shown), all: numberWords(rows.length) });
  }

  /** On a phone each cell stands under the name of its column. */
  function nameCells() {
    for (const stacked of document.querySelectorAll(".stacks")) {
      const names = [...stacked.tHead.rows[0].cells].map((cell) => visibleText(cell.querySelector("button") || cell));
      for (const row of stacked.tBodies[0].rows) {
        [...row.cells].forEach((cell, k) => cell.setAttribute("data-label", names[k]));
      }
    }
  }

  function speak() {
    nameCells();
    filter();
  }

  for (const header of headers) header.querySelector("button").addEventListener("click", () => sort(header));
  // A phone shows the first rows until somebody asks for more.
  for (const button of document.querySelectorAll(".show-all")) {
    button.addEventListener("click", () => {
      byId(button.dataset.table).classList.remove("short");
      button.hidden = true;
    });
  }
  text.addEventListener("input", filter);
  unserved.addEventListener("change", filter);
  speak();
  return { speak };
}
