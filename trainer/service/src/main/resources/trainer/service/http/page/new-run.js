// The form for a new run: its fields write the configuration until that is edited.

import {json, post, request} from "./api.js";
import {prepareCompletion} from "./completion.js";
import * as format from "./format.js";
import {prepareTexts} from "./texts.js";
import {disableWhile, element, failed, refuse} from "./view.js";

const TYPING = 1500; // milliseconds after a key until the estimate
const USUAL = {text: "../datasets/shakespeare.txt", cell: "lstm", layers: 1, size: 128, rate: 0.005, minutes: ""};

/** With a time budget, the time ends the run before the epochs do. */
const written = ({text, cell, layers, size, rate, minutes}) => `data:
  corpus: ${/^[\w./-]+$/.test(text) ? text : JSON.stringify(text)}
model:
  layers:
${`    - {type: ${cell}, size: ${size}}\n`.repeat(Number(layers))}training:
  batch_size: 32
  sequence_length: 64
  epochs: ${minutes ? "100000" : 5}
${minutes ? `  max_minutes: ${minutes}\n` : ""}  optimizer: {type: adam, learning_rate: ${rate}}
evaluation: {every_iterations: 50}
checkpoints: {every_iterations: 50}
samples: {every_iterations: 100}
`;

export const EXAMPLE = written(USUAL);

/** @param like id of a run to begin with its configuration; undefined: none */
export function prepareNew(view, signal, like) {
  const button = view.querySelector("[data-new]");
  const panel = view.querySelector("#new-run");
  const form = panel.querySelector("form");
  const texts = prepareTexts(panel, signal);
  const toggle = (open) => {
    panel.hidden = !open;
    button.ariaExpanded = String(open);
    if (open) {
      list();
      form.elements.name.focus();
    }
  };
  async function list() {
    const names = await texts() ?? [];
    form.querySelector("#text-names").replaceChildren(...names.map((name) => new Option(name)));
  }
  button.addEventListener("click", () => toggle(panel.hidden));
  const changed = prepareForm(form, signal);
  if (like) {
    toggle(true);
    begin(form, like, signal).then(changed).catch(failed);
  }
}

function prepareForm(form, signal) {
  const fields = form.elements;
  const guided = form.querySelector("[data-guided]");
  prepareCompletion(fields.configuration);
  const estimate = prepareEstimate(form, signal);
  const free = (byHand) => {
    guided.disabled = byHand;
    fields.guided.checked = !byHand;
    estimate();
  };
  const write = () => {
    fields.configuration.value = written(Object.fromEntries(Object.keys(USUAL).map((name) => [name, fields[name].value])));
    free(false);
  };
  Object.entries(USUAL).forEach(([name, value]) => { fields[name].value = value; });
  fields.configuration.value = EXAMPLE;
  guided.addEventListener("input", () => {
    if (!fields.guided.checked) {
      free(true);
    } else if (guided.querySelector(":invalid") === null) {
      write();
    }
  });
  fields.configuration.addEventListener("input", () => free(true));
  fields.file.addEventListener("change", async () => {
    const [file] = fields.file.files;
    if (file) {
      fields.configuration.value = await file.text();
      fields.name.value = file.name.replace(/\.[^.]*$/, "");
      free(true);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = {"Idempotency-Key": randomKey()};
    const name = encodeURIComponent(fields.name.value || "run");
    try {
      const answer = await disableWhile(form.querySelector("button.primary"), () =>
        post(`/runs?name=${name}${fields.start.value}`, fields.configuration.value, "application/yaml", key));
      location.hash = `#/runs/${(await answer.json()).id}`;
      form.querySelector("[data-refused]").textContent = "";
    } catch (error) {
      refuse(form, error);
    }
  });
  return () => free(true);
}

/** Begins with the configuration of a run; it may continue from one of the run's checkpoints. */
async function begin(form, id, signal) {
  const {name, configuration, start} = form.elements;
  const [run, text, {checkpoints}] = await Promise.all([
    json(`/runs/${id}`, {signal}),
    request(`/runs/${id}/configuration`, {signal}).then((answer) => answer.text()),
    json(`/runs/${id}/checkpoints`, {signal}),
  ]);
  name.value = run.name;
  configuration.value = run.init_from ? text.replace(/^ {2}vocabulary: .*$/m, "  vocabulary: null") : text;
  start.replaceChildren(
    run.init_from
      ? new Option(`iteration 0, with the weights of ${run.init_from}`, `&init_from=registry:${run.init_from}`)
      : new Option("iteration 0", ""),
    ...checkpoints.map(({iteration}) =>
      new Option(`iteration ${format.whole(iteration)} of ${id}, a fork`, `&fork=${id}@${iteration}`)));
  start.parentElement.hidden = false;
}

/** Returns a function that estimates the run some time after it was last called. */
function prepareEstimate(form, signal) {
  const place = form.querySelector("[data-estimate]");
  let timer = 0;
  let asked = new AbortController();
  signal.addEventListener("abort", () => { clearTimeout(timer); asked.abort(); });

  async function estimate() {
    asked = new AbortController();
    const own = asked;
    place.textContent = "Estimating …";
    try {
      const name = encodeURIComponent(form.elements.name.value || "run");
      const answer = await post(`/plan?name=${name}`, form.elements.configuration.value, "application/yaml", {}, own.signal);
      const plan = await answer.json();
      form.querySelector("[data-refused]").textContent = "";
      place.replaceChildren(
        `${format.whole(plan.parameters)} parameters · ${format.bytes(plan.memory_bytes)} of memory · `
        + `${format.whole(plan.iterations)} iterations, ${format.whole(plan.iterations_per_epoch)} per epoch · `
        + `about ${format.duration(plan.seconds)} on the CPU`,
        ...plan.warnings.map((warning) => element("div", `Warning: ${warning}`)));
    } catch (error) {
      if (own === asked && !own.signal.aborted) {
        place.textContent = "";
        if (error.status === 503) {
          place.textContent = error.message;
          timer = setTimeout(estimate, 5000);
        } else if (error.status !== 403) {
          refuse(form, error);
        }
      }
    }
  }

  return () => {
    clearTimeout(timer);
    asked.abort();
    place.textContent = "";
    timer = setTimeout(estimate, TYPING);
  };
}

function randomKey() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16)).join("-");
}
