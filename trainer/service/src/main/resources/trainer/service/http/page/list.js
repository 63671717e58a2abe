// The list of runs.

import {json} from "./api.js";
import * as format from "./format.js";
import {prepareNew} from "./new-run.js";
import {label, tag} from "./run.js";
import {disableWhile, element, failed, show} from "./view.js";

export const MOST_COMPARED = 20;

const PERIOD = 2000; // milliseconds between polls
const LIMIT = 50; // runs per page
const FIXED_COLUMNS = 3; // the box, the name and the state
const HIDDEN_COLUMNS = "hidden columns"; // in the browser's storage
const TYPING = 250; // milliseconds after a key until the search

/**
 * @param parameters of the address: q, state, sort, archived, after
 * @param like id of a run to begin a new one with; undefined: none
 */
export function showList(parameters, signal, like) {
  const view = show("list-view", "Runs");
  const body = view.querySelector(".choices tbody");
  const more = view.querySelector(".more");
  const empty = view.querySelector(".empty");
  const refused = view.querySelector("[data-search-refused]");
  const form = view.querySelector("[data-filters]");
  const chosen = new Set();
  let wanted = new URLSearchParams(parameters);
  let timer = 0;
  let typing = 0;
  let asked = 0;
  form.elements.q.value = wanted.get("q") ?? "";
  form.elements.state.value = wanted.get("state") ?? "";
  form.elements.sort.value = wanted.get("sort") ?? "";
  form.elements.archived.checked = wanted.get("archived") === "true";
  prepareColumns(view.querySelector("[data-columns]"), body.parentElement);
  prepareChoosing(view, body, chosen, form.elements.archived, poll);
  prepareNew(view, signal, like);

  async function poll() {
    clearTimeout(timer);
    const number = ++asked;
    try {
      const page = await json(`/runs?${new URLSearchParams([["limit", LIMIT], ...wanted])}`, {signal});
      if (number !== asked) {
        return; // the search has changed
      }
      refused.textContent = "";
      fill(body, page.runs, chosen);
      const filtered = wanted.has("q") || wanted.has("state") || wanted.has("archived");
      empty.textContent = filtered ? "No run matches." : "No runs yet: choose New run.";
      empty.hidden = page.runs.length > 0;
      body.parentElement.hidden = page.runs.length === 0;
      view.querySelector("[data-newest]").hidden = !wanted.has("after");
      more.hidden = page.next_after === null;
      const next = new URLSearchParams(wanted);
      next.set("after", page.next_after);
      more.href = `#/?${next}`;
    } catch (error) {
      if (error.status === 422) {
        refused.textContent = error.message;
        body.replaceChildren();
        body.parentElement.hidden = true;
      } else {
        failed(error);
      }
    }
    if (!signal.aborted) {
      timer = setTimeout(poll, document.hidden ? 5 * PERIOD : PERIOD);
    }
  }

  function search() {
    wanted = new URLSearchParams();
    const {q, state, sort, archived} = form.elements;
    const values = {q: q.value.trim(), state: state.value, sort: sort.value, archived: archived.checked ? "true" : ""};
    Object.entries(values).filter(([, value]) => value).forEach(([name, value]) => wanted.set(name, value));
    history.replaceState(null, "", String(wanted) ? `#/?${wanted}` : "#/");
    poll();
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({target}) => {
    clearTimeout(typing);
    typing = setTimeout(search, target.type === "search" ? TYPING : 0);
  });
  signal.addEventListener("abort", () => { clearTimeout(timer); clearTimeout(typing); });
  poll();
}

/** Updates only what has changed, to keep focus and selection. */
function fill(body, runs, chosen) {
  while (body.rows.length > runs.length) {
    body.deleteRow(-1);
  }
  runs.forEach((run, place) => {
    const row = body.rows[place] ?? emptyRow(body);
    const [choice, name, state, progress, curve, loss, last, parameters, speed, time, submitted] = row.cells;
    const done = run.progress;
    const box = choice.firstChild;
    box.value = run.id;
    set(box, "ariaLabel", `Select ${run.id}`);
    set(box, "checked", chosen.has(run.id));
    const [link, id, labels] = name.children;
    set(link, "textContent", run.name);
    set(link, "href", `#/runs/${run.id}`);
    set(id, "textContent", run.id);
    const said = [...run.tags.map(tag), run.note];
    if (labels.dataset.shown !== JSON.stringify([run.tags, run.note])) {
      labels.dataset.shown = JSON.stringify([run.tags, run.note]);
      labels.replaceChildren(...said);
    }
    set(state.firstChild, "textContent", run.state);
    state.firstChild.dataset.word = run.state;
    set(state.lastChild, "textContent", run.state === "failed" ? run.reason ?? "" : "");
    set(state.lastChild, "title", run.state === "failed" ? run.reason ?? "" : "");
    const [bar, text] = progress.children;
    bar.hidden = !done?.iterations;
    set(bar, "value", format.share(run));
    set(text, "textContent", format.progress(run).replace(" iterations", ""));
    draw(curve.firstElementChild, done?.validation_losses ?? []);
    set(loss, "textContent", format.loss(done?.best_validation_loss));
    set(last, "textContent", format.loss(done?.validation_loss));
    set(parameters, "textContent", done?.parameters ? format.whole(done.parameters) : "");
    set(speed, "textContent", format.speed(done?.characters_per_second));
    const left = run.state === "running" ? done?.seconds_left ?? null : null;
    set(time, "textContent", left === null ? format.duration(done?.seconds) : `${format.duration(left)} left`);
    set(submitted, "textContent", format.ago(run.submitted_at));
    set(submitted, "title", `${format.time(run.submitted_at)} by ${run.submitted_by}`);
  });
}

/** A sketch of the validation loss. */
function draw(svg, losses) {
  const shown = losses.join();
  if (svg.dataset.shown === shown) {
    return;
  }
  svg.dataset.shown = shown;
  const least = Math.min(...losses);
  const height = Math.max(...losses) - least || 1;
  const points = losses.map((loss, place) =>
    `${(2 + 76 * place / Math.max(1, losses.length - 1)).toFixed(1)},${(18 - 16 * (loss - least) / height).toFixed(1)}`);
  svg.firstElementChild.setAttribute("points", points.length > 1 ? points.join(" ") : "");
}

function set(element, property, value) {
  if (element[property] !== value) {
    element[property] = value;
  }
}

function emptyRow(body) {
  const row = body.insertRow();
  const labels = ["", "", "", "", "", "best loss", "last loss", "parameters", "speed", "time", "submitted"];
  labels.forEach((label, place) => {
    const cell = row.insertCell();
    cell.hidden = body.parentElement.tHead.rows[0].cells[place].hidden;
    cell.dataset.label = label;
    cell.className = place > 4 ? "figure" : "";
  });
  const box = document.createElement("input");
  box.type = "checkbox";
  row.cells[0].append(box);
  const small = element("small");
  const labelled = element("span");
  labelled.className = "labels";
  row.cells[1].className = "name";
  row.cells[1].append(element("a"), small, labelled);
  const state = element("span");
  state.className = "state";
  const reason = element("span");
  reason.className = "cut hint";
  row.cells[2].append(state, reason);
  const bar = document.createElement("progress");
  bar.ariaLabel = "Progress";
  row.cells[3].append(bar, element("span"));
  row.cells[4].append(document.getElementById("sketch").content.firstElementChild.cloneNode(true));
  return row;
}

/** Checkboxes choose the columns; the browser remembers those that are not shown. */
function prepareColumns(place, table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const hidden = new Set(JSON.parse(localStorage.getItem(HIDDEN_COLUMNS) ?? '["Last loss", "Parameters"]'));
  const hide = () => {
    for (const row of table.rows) {
      names.forEach((name, column) => { row.cells[column].hidden = hidden.has(name); });
    }
  };
  place.append(...names.slice(FIXED_COLUMNS).map((name) => {
    const label = element("label");
    const box = Object.assign(element("input"), {type: "checkbox", checked: !hidden.has(name)});
    box.addEventListener("input", () => {
      box.checked ? hidden.delete(name) : hidden.add(name);
      localStorage.setItem(HIDDEN_COLUMNS, JSON.stringify([...hidden]));
      hide();
    });
    label.append(box, ` ${name}`);
    return label;
  }));
  hide();
}

/** Checkboxes select runs, to be compared or archived. */
function prepareChoosing(view, body, chosen, archived, changed) {
  const compare = view.querySelector("[data-compare]");
  const archive = view.querySelector("[data-archive]");
  const update = () => {
    compare.disabled = chosen.size < 2;
    compare.textContent = chosen.size < 2 ? "Compare" : `Compare ${chosen.size}`;
    archive.disabled = chosen.size === 0;
    archive.textContent = (archived.checked ? "Unarchive" : "Archive") + (chosen.size > 0 ? ` ${chosen.size}` : "");
  };
  archived.addEventListener("input", () => { chosen.clear(); update(); });
  body.addEventListener("change", ({target}) => {
    if (target.checked && chosen.size < MOST_COMPARED) {
      chosen.add(target.value);
    } else {
      chosen.delete(target.value);
      target.checked = false;
    }
    update();
  });
  compare.addEventListener("click", () => { location.hash = `#/compare/${[...chosen].join(",")}`; });
  archive.addEventListener("click", async () => {
    try {
      await disableWhile(archive, async () => {
        for (const id of chosen) {
          await label(id, {archived: !archived.checked});
        }
      });
      chosen.clear();
    } catch (error) {
      failed(error);
    }
    update();
    changed();
  });
  update();
}
