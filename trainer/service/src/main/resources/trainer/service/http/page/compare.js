// Compares runs: overlaid curves, figures, and differences of their configurations.

/* global uPlot */

import {json, saveAs} from "./api.js";
import {Chart} from "./chart.js";
import * as format from "./format.js";
import {element, failed, isActive, show} from "./view.js";

const PERIOD = 5000; // milliseconds between polls while a run is active
const POINTS = 500; // per curve; peaks are kept
const SERIES = 8; // colours; further runs reuse them, dashed

export function showCompare(ids, signal) {
  const view = show("compare-view", `Compare ${ids.length} runs`);
  view.querySelector("[data-title]").textContent = `Compare ${ids.length} runs`;
  const control = (name) => view.querySelector(`[name=${name}]`);
  const xValue = (x) => (control("axis").value === "seconds" ? format.duration(x) : format.whole(Math.round(x)));
  let range = null; // of x; null: all
  const chart = new Chart(
    view.querySelector("[data-overlay]"),
    {title: "Losses of the runs", group: "compare", height: 340, xValue},
    (shown) => { range = shown; draw(); },
    signal);
  const only = view.querySelector("[name=differences]");
  const filter = view.querySelector("[name=filter]");
  let compared = null;
  let timer = 0;

  async function poll() {
    try {
      clearTimeout(timer);
      compared = await json(`/compare?points=${POINTS}&smoothing=${control("smoothing").value}&${ids.map((id) => `run=${id}`).join("&")}`, {signal});
      draw();
      showFigures(view.querySelector("[data-figures]"), compared.runs, ids);
      showConfiguration();
    } catch (error) {
      failed(error);
    }
    if (!signal.aborted && compared?.runs.some(isActive)) {
      timer = setTimeout(poll, PERIOD);
    }
  }

  /** All runs over the x values of any of them. */
  function draw() {
    if (!compared) {
      return;
    }
    const [loss, axis] = [control("loss").value, control("axis").value];
    control("smoothing").disabled = loss === "validation_loss"; // few values, and not noisy
    chart.logarithmic = {x: control("log_x").checked, y: control("log_y").checked};
    const [xs, ...values] = uPlot.join(compared.curves.map((curve) => measured(curve[axis], curve[loss])));
    chart.draw(xs, compared.runs.map((run, place) => ({
      label: run.name === run.id || sameName(compared.runs, run) ? run.id : run.name,
      values: values[place],
      color: `series-${place % SERIES}`,
      dash: place < SERIES ? undefined : [6, 4],
      format: (y) => `${y.toFixed(4)} nats`,
    })), {xLabel: axis === "seconds" ? "time" : "iteration", range});
  }

  function showConfiguration() {
    const rows = compared.configuration
      .filter(({values}) => !only.checked || new Set(values).size > 1)
      .filter(({key}) => key.includes(filter.value.trim()));
    const table = view.querySelector("[data-configuration]");
    const head = element("tr");
    head.append(element("th", "Key"), ...compared.runs.map((run, place) => {
      const cell = element("th");
      cell.append(swatch(place), " ", sameName(compared.runs, run) ? run.id : run.name);
      return cell;
    }));
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows.map(({key, values}) => {
      const row = element("tr");
      const name = element("th", key);
      name.scope = "row";
      row.append(name, ...values.map((value, place) => {
        const cell = element("td", value ?? "—");
        cell.dataset.run = compared.runs[place].name; // shown on phones
        return cell;
      }));
      return row;
    }));
    view.querySelector("[data-same]").hidden = rows.length > 0;
  }

  for (const name of ["loss", "log_x", "log_y"]) {
    control(name).addEventListener("input", draw);
  }
  control("axis").addEventListener("input", () => { range = null; draw(); });
  control("smoothing").addEventListener("input", poll);
  only.addEventListener("input", () => compared && showConfiguration());
  filter.addEventListener("input", () => compared && showConfiguration());
  view.querySelector("[data-csv]").addEventListener("click", () => compared && saveAs(csv(compared), "runs.csv"));
  signal.addEventListener("abort", () => clearTimeout(timer));
  poll();
}

/** The points where y was measured, with ascending x. */
function measured(xs, ys) {
  const points = xs.map((x, place) => [x, ys[place]])
    .filter(([x, y], place, all) => x !== null && y !== null && (place === 0 || x > all[place - 1][0]));
  return [points.map(([x]) => x), points.map(([, y]) => y)];
}

const sameName = (runs, run) => runs.filter(({name}) => name === run.name).length > 1;

function swatch(place) {
  const mark = element("span", "━");
  mark.className = `series-${place % SERIES}`;
  mark.ariaHidden = "true";
  return mark;
}

function showFigures(body, runs, ids) {
  const losses = runs.map((run) => run.progress?.best_validation_loss ?? Infinity);
  const best = Math.min(...losses);
  body.replaceChildren(...runs.map((run, place) => {
    const done = run.progress;
    const row = element("tr");
    const name = element("td");
    const link = element("a", run.name);
    link.href = `#/runs/${run.id}`;
    name.className = "name";
    name.append(swatch(place), " ", link, element("small", run.id));
    const state = element("td");
    const word = element("span", run.state);
    word.className = "state";
    word.dataset.word = run.state;
    state.append(word);
    const figure = (text) => {
      const cell = element("td", text);
      cell.className = "figure";
      return cell;
    };
    const lowest = figure(done?.best_iteration
      ? `${format.loss(done.best_validation_loss)} at ${format.whole(done.best_iteration)}` : "");
    lowest.classList.toggle("best", losses[place] === best && best < Infinity);
    const without = element("td");
    if (ids.length > 1) {
      const leave = element("a", "remove");
      leave.href = `#/compare/${ids.filter((id) => id !== run.id).join(",")}`;
      leave.ariaLabel = `remove ${run.id}`;
      without.append(leave);
    }
    const cells = [name, state, lowest, figure(format.loss(done?.validation_loss)), figure(format.loss(done?.train_loss)),
      figure(format.speed(done?.characters_per_second)), figure(done?.parameters ? format.whole(done.parameters) : ""),
      figure(format.duration(done?.seconds)), without];
    const labels = ["", "", "best validation", "last validation", "last training", "speed", "parameters", "time", ""];
    cells.forEach((cell, column) => { cell.dataset.label = labels[column]; });
    row.append(...cells);
    return row;
  }));
}

export function csv({runs, configuration}) {
  const figures = ["state", "iteration", "train_loss", "validation_loss", "best_validation_loss", "best_iteration",
    "characters_per_second", "parameters", "seconds"];
  const value = (run, name) => (name === "state" ? run.state : run.progress?.[name]);
  const rows = [["key", ...runs.map((run) => run.id)]]
    .concat(figures.map((name) => [name, ...runs.map((run) => value(run, name))]))
    .concat(configuration.map(({key, values}) => [key, ...values]));
  return rows.map((row) => row.map(csvCell).join(",")).join("\n") + "\n";
}

/** Prefixes an apostrophe to text that a spreadsheet would run as a formula: names may come from other users. */
function csvCell(value) {
  const text = String(value ?? "");
  const formula = /^[=+\-@\t\r\n]/.test(text) && !Number.isFinite(Number(text));
  return `"${(formula ? "'" : "") + text.replaceAll('"', '""')}"`;
}
