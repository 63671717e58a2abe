// Completion of keys and values in a configuration, from its JSON Schema.

import {element} from "./view.js";

const MOST = 8; // suggestions

/** A node of the schema, its alternatives and the elements of its lists. */
const parts = (node) => [node, ...(node.oneOf ?? []), ...(node.items ? [node.items] : [])]
  .flatMap((part) => (part === node ? [node] : parts(part)));

const keyed = (nodes, key) => nodes.flatMap(parts).flatMap((node) => node.properties?.[key] ?? []);

/** The keys above a line, by indentation. */
function keysAbove(lines, indentation) {
  const keys = [];
  let limit = indentation;
  for (const line of lines.toReversed()) {
    const [, space, dash, key] = /^( *)(- )?([a-z0-9_]+):/.exec(line) ?? [];
    if (key && space.length < limit) {
      if (!dash || space.length + 2 < limit) {
        keys.unshift(key);
      }
      limit = space.length;
    }
  }
  return keys;
}

/**
 * What may stand at the end of a text: keys that begin with its last word, or the values of its last key.
 *
 * @returns {{word: string, found: {text: string, note: string}[]}} `word` is what they replace
 */
export function suggestions(schema, text) {
  const lines = text.split("\n");
  const last = lines.pop();
  const [, space, dash, rest] = /^( *)(- )?(.*)$/.exec(last);
  const [, outer, inner] = /^(.*)\{([^{}]*)$/.exec(rest) ?? [null, "", rest]; // of a mapping in braces
  const [, before, word] = /^(.*?)([a-z0-9_]*)$/.exec(inner.slice(inner.lastIndexOf(",") + 1).trimStart());
  const own = outer.match(/[a-z0-9_]+(?=:)/g) ?? [];
  const nodes = [...keysAbove(lines, space.length + (dash ? 1 : 0)), ...own].reduce(keyed, [schema]);
  const [, key] = /^([a-z0-9_]+): +$/.exec(before) ?? [];
  const found = new Map();
  if (key) {
    for (const node of keyed(nodes, key).flatMap(parts)) {
      const values = node.enum ?? (node.type === "boolean" ? [true, false] : node.const === undefined ? [] : [node.const]);
      values.forEach((value) => found.set(String(value), ""));
    }
  } else if (before === "" && word) {
    for (const node of nodes.flatMap(parts)) {
      Object.entries(node.properties ?? {}).forEach(([name, {description = "", default: usual}]) => {
        const note = usual === undefined ? description : `${description}; default ${JSON.stringify(usual)}`;
        const same = [undefined, note].includes(found.get(`${name}: `)); // else it depends on the type
        found.set(`${name}: `, same ? note : description);
      });
    }
  }
  const fitting = [...found].filter(([each]) => each.startsWith(word) && each !== word);
  return {word, found: fitting.slice(0, MOST).map(([each, note]) => ({text: each, note}))};
}

/** Shows suggestions below a text area: arrow keys and Enter, or a click, take one; Escape hides them. */
export function prepareCompletion(area) {
  const list = element("ul");
  list.id = "completions";
  list.role = "listbox";
  list.className = "completions";
  list.ariaLabel = "Completions";
  list.hidden = true;
  area.closest("label").after(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let schema = null;
  let word = "";
  let chosen = -1;

  const choose = (place) => {
    chosen = place;
    [...list.children].forEach((each, number) => { each.ariaSelected = String(number === place); });
    area.setAttribute("aria-activedescendant", list.children[place]?.id ?? "");
  };
  const hide = () => {
    list.hidden = true;
    choose(-1);
  };
  const take = (text) => {
    area.setRangeText(text, area.selectionStart - word.length, area.selectionStart, "end");
    area.dispatchEvent(new Event("input", {bubbles: true}));
    area.focus();
  };
  async function suggest() {
    schema ??= (await import("./schema.js")).default;
    const after = area.value.slice(area.selectionStart).split("\n", 1)[0];
    const {word: typed, found} = suggestions(schema, area.value.slice(0, area.selectionStart));
    word = typed;
    list.replaceChildren(...found.map(({text, note}, number) => {
      const entry = element("li");
      entry.role = "option";
      entry.id = `${list.id}-${number}`;
      entry.append(element("code", text), element("span", note));
      entry.addEventListener("mousedown", (event) => { event.preventDefault(); take(text); });
      return entry;
    }));
    choose(-1);
    list.hidden = found.length === 0 || /^[^\s,}]/.test(after);
  }

  area.addEventListener("input", suggest);
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const {length} = list.children;
    if (list.hidden) {
      return;
    }
    if (step) {
      event.preventDefault();
      choose((chosen + step + length + (chosen < 0 && step < 0 ? 1 : 0)) % length);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      take(list.children[chosen].firstElementChild.textContent);
    } else if (event.key === "Escape") {
      event.preventDefault();
      hide();
    }
  });
}
