// Tables: rows of cells, each a text or an element.

/** Replaces the rows of a table if their text changed, which keeps focus and selection. Narrow screens show the labels. */
export function fillTable(body, labels, rows) {
  const head = body.parentElement.tHead?.rows[0];
  const made = rows.map((cells) => {
    const row = document.createElement("tr");
    cells.forEach((content, place) => {
      const cell = row.insertCell();
      cell.dataset.label = labels[place];
      cell.className = head?.cells[place]?.className ?? "";
      cell.append(content);
    });
    return row;
  });
  if (text(made) !== text(body.rows)) {
    body.replaceChildren(...made);
  }
}

const text = (rows) => [...rows].map((row) => row.textContent).join("\n");

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

export function link(text, target) {
  const made = element("a", text);
  made.href = target;
  return made;
}

export function badge(word) {
  const made = element("span", word.replace("_", " "));
  made.className = "state";
  made.dataset.word = word;
  return made;
}

export function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Polls until `signal` is aborted; returns a function that polls now. */
export function repeat(poll, period, signal) {
  let timer = 0;
  const turn = async () => {
    clearTimeout(timer);
    await poll();
    if (!signal.aborted) {
      timer = setTimeout(turn, document.hidden ? 5 * period : period);
    }
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
  return turn;
}

/** Fills a definition list. */
export function fillList(list, values) {
  list.replaceChildren(...Object.entries(values).filter(([, value]) => value !== "").flatMap(
    ([name, value]) => {
      const shown = document.createElement("dd");
      shown.append(value);
      return [element("dt", name), shown];
    }));
}
