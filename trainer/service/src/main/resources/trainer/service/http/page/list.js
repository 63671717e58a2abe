// The list of runs, and a form for a new one.

import {json, post} from "./api.js";
import * as format from "./format.js";
import {prepareTexts} from "./texts.js";
import {disableWhile, failed, show} from "./view.js";

export const MOST_COMPARED = 20;

const PERIOD = 2000; // milliseconds between polls
const LIMIT = 50; // runs per page
export const EXAMPLE = `data:
  corpus: ../datasets/shakespeare.txt
model:
  layers:
    - {type: lstm, size: 128}
training:
  batch_size: 32
  sequence_length: 64
  epochs: 5
  optimizer: {type: adam, learning_rate: 0.005}
evaluation: {every_iterations: 50}
checkpoints: {every_iterations: 50}
samples: {every_iterations: 100}
`;

/** Shows the newest runs, or those older than the number `after`. */
export function showList(after, signal) {
  const view = show("list-view", "Runs");
  const state = view.querySelector("[name=state]");
  const body = view.querySelector(".choices tbody");
  const more = view.querySelector(".more");
  const chosen = new Set();
  let timer = 0;
  prepareComparing(view.querySelector("[data-compare]"), body, chosen);
  view.querySelector("[data-newest]").hidden = after === null;

  async function poll() {
    clearTimeout(timer);
    try {
      const parameters = new URLSearchParams({limit: LIMIT});
      if (state.value) {
        parameters.set("state", state.value);
      }
      if (after) {
        parameters.set("after", after);
      }
      const page = await json(`/runs?${parameters}`, {signal});
      fill(body, page.runs, chosen);
      view.querySelector(".empty").hidden = page.runs.length > 0;
      more.hidden = page.next_after === null;
      more.href = `#/?after=${page.next_after}`;
    } catch (error) {
      failed(error);
    }
    if (!signal.aborted) {
      timer = setTimeout(poll, document.hidden ? 5 * PERIOD : PERIOD);
    }
  }

  state.addEventListener("change", poll);
  signal.addEventListener("abort", () => clearTimeout(timer));
  prepareForm(view.querySelector("form"));
  prepareTexts(view.querySelector("details"), signal);
  poll();
}

/** Updates only what has changed, to keep focus and selection. */
function fill(body, runs, chosen) {
  while (body.rows.length > runs.length) {
    body.deleteRow(-1);
  }
  runs.forEach((run, place) => {
    const row = body.rows[place] ?? emptyRow(body);
    const [choice, name, state, progress, loss, left, submitted] = row.cells;
    const box = choice.firstChild;
    box.value = run.id;
    set(box, "ariaLabel", `Compare ${run.id}`);
    set(box, "checked", chosen.has(run.id));
    const link = name.firstChild;
    set(link, "textContent", run.id);
    set(link, "href", `#/runs/${run.id}`);
    set(state.firstChild, "textContent", run.state);
    state.firstChild.dataset.word = run.state;
    const [bar, text] = progress.children;
    bar.hidden = !run.progress?.iterations;
    set(bar, "value", format.share(run));
    set(text, "textContent", " " + format.progress(run));
    set(loss, "textContent", format.loss(run.progress?.validation_loss ?? null));
    set(left, "textContent", format.duration(run.progress?.seconds_left ?? null));
    set(submitted, "textContent", format.time(run.submitted_at));
  });
}

function set(element, property, value) {
  if (element[property] !== value) {
    element[property] = value;
  }
}

function emptyRow(body) {
  const row = body.insertRow();
  const labels = ["", "", "", "", "validation loss", "time left", "submitted"];
  for (const label of labels) {
    row.insertCell().dataset.label = label;
  }
  const box = document.createElement("input");
  box.type = "checkbox";
  row.cells[0].append(box);
  row.cells[1].append(document.createElement("a"));
  const state = document.createElement("span");
  state.className = "state";
  row.cells[2].append(state);
  const bar = document.createElement("progress");
  bar.ariaLabel = "Progress";
  row.cells[3].append(bar, document.createElement("span"));
  return row;
}

/** Checkboxes select runs; the button compares them. */
function prepareComparing(button, body, chosen) {
  body.addEventListener("change", ({target}) => {
    if (target.checked && chosen.size < MOST_COMPARED) {
      chosen.add(target.value);
    } else {
      chosen.delete(target.value);
      target.checked = false;
    }
    button.disabled = chosen.size < 2;
    button.textContent = chosen.size < 2 ? "Compare" : `Compare ${chosen.size}`;
  });
  button.addEventListener("click", () => { location.hash = `#/compare/${[...chosen].join(",")}`; });
}

function prepareForm(form) {
  const fields = form.elements;
  fields.configuration.value = EXAMPLE;
  fields.file.addEventListener("change", async () => {
    const [file] = fields.file.files;
    if (file) {
      fields.configuration.value = await file.text();
      fields.name.value = file.name.replace(/\.[^.]*$/, "");
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = {"Idempotency-Key": randomKey()};
    const name = encodeURIComponent(fields.name.value || "run");
    try {
      const answer = await disableWhile(form.querySelector("button"), () =>
        post(`/runs?name=${name}`, fields.configuration.value, "application/yaml", key));
      location.hash = `#/runs/${(await answer.json()).id}`;
    } catch (error) {
      failed(error);
    }
  });
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16)).join("-");
}
