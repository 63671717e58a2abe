// The tab Inside: on a text, what a unit remembers, its gates, and how far back the network remembers.

import {completion, post} from "./api.js";
import {Characters, shown} from "./characters.js";
import {drawLag, drawStrip} from "./inside-pictures.js";
import {disableWhile, element, failed, fill} from "./view.js";

const UNITS = 30;
const WRITTEN = 800; // characters
const GRADUAL = ["line_position", "indentation"];
const WHERE = {
  line_position: "along the line",
  quotes: "inside quotation marks",
  brackets: "inside brackets",
  upper_case: "at capital letters",
  word_boundary: "between words",
  indentation: "with the indentation",
  speaker: "in the names of speakers",
};

/**
 * Called when the tab is first chosen, with the arguments of `show` in text.js.
 *
 * @param model has a `path`, too, if it is no run
 */
export function show(panel, model, {signal}) {
  fill(panel, "inside-view");
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const form = part("look");
  const write = part("let-write");
  let found = null;
  let unit = null;
  const text = new Characters(part("inside-text"), (index) => {
    part("value").textContent =
      `${shown(found.characters[index].character)}: ${unit.values[index].toFixed(3)}`;
  });

  /** Lets the network write a text, and looks inside while it reads that. */
  async function begin() {
    part("going-on").textContent = "The network writes a text…";
    try {
      let written = "";
      await completion(
        {model: model.id, max_tokens: WRITTEN, temperature: 0.8, seed: 1},
        ({choices: [choice]}) => { written += choice.text; },
        signal);
      form.elements.text.value = written;
      await look();
    } catch (error) {
      cannot(error);
    }
  }

  function cannot(error) {
    part("going-on").textContent = error.name === "AbortError" ? "" : error.message;
    failed(error);
  }

  async function look() {
    const path = model.path ?? `/runs/${model.id}`;
    part("going-on").textContent = "Reading the text…";
    try {
      const body = {text: form.elements.text.value, units: UNITS, gates: true, lag: true, unknown: "replace"};
      found = await (await post(`${path}/explain`, JSON.stringify(body), "application/json", {}, signal)).json();
      text.clear();
      text.add(found.characters.map(({character}) => character));
      list();
      drawLag(part("lag"), part("lag-key"), found.lag.layers);
      part("found").hidden = false;
      part("going-on").textContent = "";
    } catch (error) {
      cannot(error);
    }
  }

  /** The ranked units, as radio buttons: arrow keys move between them. */
  function list() {
    part("units").replaceChildren(...found.units.map((each) => {
      const label = document.createElement("label");
      const choice = Object.assign(document.createElement("input"), {type: "radio", name: "unit"});
      choice.addEventListener("change", () => choose(each));
      const words = element("span", name(each));
      words.append(element("small", meaning(each)));
      label.append(choice, words);
      return label;
    }));
    part("units").querySelector("input").checked = true;
    choose(found.units[0]);
  }

  function choose(chosen) {
    unit = chosen;
    part("unit-name").textContent = `${name(unit)}: ${meaning(unit)}`;
    part("value").textContent = "";
    const most = Math.max(...unit.values.map(Math.abs), 1e-9);
    [...part("inside-text").children].forEach((span, i) => {
      const value = unit.values[i] / most;
      const colour = value > 0 ? "--validation" : "--train";
      span.style.backgroundColor =
        `color-mix(in srgb, var(${colour}) ${Math.round(60 * Math.abs(value))}%, transparent)`;
    });
    const gates = found.gates
      .filter(({layer}) => layer === unit.layer)
      .map((gate) => [gate.gate, gate.units.find((each) => each.unit === unit.unit)]);
    part("gates").replaceChildren(...gates.flatMap(([gate, {open, shut, values}]) => [
      element("p", `${gate} gate: nearly open at ${percent(open)} of the text, nearly shut at ${percent(shut)}`),
      drawStrip(values),
    ]));
    part("gates-title").hidden = gates.length === 0;
  }

  write.addEventListener("click", () => disableWhile(write, begin));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    disableWhile(form.querySelector("button"), look);
  });
  begin();
}

const name = (unit) =>
  `Layer ${unit.layer + 1}, unit ${unit.unit}, ${unit.state === "cell" ? "long-term memory" : "hidden state"}`;

function meaning({follows, correlation}) {
  if (follows === null) {
    return "follows nothing that is known here";
  }
  const [up, down] = GRADUAL.includes(follows) ? ["rises", "falls"] : ["high", "low"];
  return `${correlation > 0 ? up : down} ${WHERE[follows] ?? follows}, correlation ${correlation.toFixed(2)}`;
}

const percent = (share) => `${Math.round(100 * share)} %`;
