// Tables that are filled anew: rows of cells, a cell being text or an element.

/**
 * Puts rows into a table's body, unless it says the same already: focus and selection stay. Labels stand beside the
 * cells where the screen is narrow.
 */
export function fillTable(body, labels, rows) {
  const made = rows.map((cells) => {
    const row = document.createElement("tr");
    cells.forEach((content, place) => {
      const cell = row.insertCell();
      cell.dataset.label = labels[place];
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

/** Looks every so often until `signal` is aborted; returns a function that looks at once. */
export function repeat(look, period, signal) {
  let timer = 0;
  const turn = async () => {
    clearTimeout(timer);
    await look();
    if (!signal.aborted) {
      timer = setTimeout(turn, document.hidden ? 5 * period : period);
    }
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  turn();
  return turn;
}

/** Shows names with their values. */
export function fillList(list, values) {
  list.replaceChildren(...Object.entries(values).filter(([, value]) => value !== "").flatMap(
    ([name, value]) => {
      const shown = document.createElement("dd");
      shown.append(value);
      return [element("dt", name), shown];
    }));
}
