"use strict";
// Filters and sorts the rows that are there already: without it the page says the same.
(() => {
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const few = 10; // rows are found by looking
  const next = { none: "ascending", ascending: "descending", descending: "none" };

  const cell = (row, column) => {
    for (const one of row.cells) if ((column -= one.colSpan) < 0) return one;
    return null;
  };
  const key = (row, column) => {
    const one = cell(row, column);
    return one === null ? "" : one.querySelector("time")?.dateTime ?? one.textContent;
  };

  for (const box of document.querySelectorAll(".rows")) {
    const table = box.querySelector("table");
    const form = box.querySelector("form");
    const told = box.querySelector(".told");
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const texts = new Map();

    const text = (row) => {
      if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
      return texts.get(row);
    };
    const filter = () => {
      const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = [...form.querySelectorAll("select")].filter((one) => one.value !== "");
      let shown = 0;
      for (const row of rows) {
        const fits = chosen.every((one) => row.dataset[one.name] === one.value)
          && words.every((word) => text(row).includes(word));
        row.hidden = !fits;
        shown += fits;
      }
      told.textContent = `${shown} of ${rows.length} rows shown`;
    };
    const sort = (head, column) => {
      const way = next[head.getAttribute("aria-sort") ?? "none"];
      for (const one of heads) one.removeAttribute("aria-sort");
      let sorted = rows;
      if (way !== "none") {
        head.setAttribute("aria-sort", way);
        const keyed = rows.map((row, place) => [key(row, column), place, row]);
        const turn = way === "ascending" ? 1 : -1;
        keyed.sort((a, b) => turn * order.compare(a[0], b[0]) || a[1] - b[1]);
        sorted = keyed.map((one) => one[2]);
      }
      body.append(...sorted);
      const words = way === "none" ? "in the order of the report" : `sorted by ${head.textContent}, ${way}`;
      told.textContent = `Rows ${words}`;
    };

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, column));
      head.append(button);
    });
    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 150);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    form.hidden = rows.length < few;
  }
})();
