// Compares runs: overlaid curves, figures, and differences of their configurations.

import {json, saveAs} from "./api.js";
import {OverlayChart, SERIES} from "./overlay-chart.js";
import * as format from "./format.js";
import {element, failed, isActive, show} from "./view.js";

const PERIOD = 5000; // milliseconds between polls while a run is active
const POINTS = 500; // per curve; peaks are kept

export function showCompare(ids, signal) {
  const view = show("compare-view", `Compare ${ids.length} runs`);
  view.querySelector("[data-title]").textContent = `Compare ${ids.length} runs`;
  const chart = new OverlayChart(view.querySelector("canvas"), view, signal);
  const only = view.querySelector("[name=differences]");
  const filter = view.querySelector("[name=filter]");
  let compared = null;
  let timer = 0;

  async function poll() {
    try {
      compared = await json(`/compare?points=${POINTS}&${ids.map((id) => `run=${id}`).join("&")}`, {signal});
      chart.show(ids, compared.curves);
      showFigures(view.querySelector("[data-figures]"), compared.runs, ids);
      showConfiguration();
    } catch (error) {
      failed(error);
    }
    if (!signal.aborted && compared?.runs.some(isActive)) {
      timer = setTimeout(poll, PERIOD);
    }
  }

  function showConfiguration() {
    const rows = compared.configuration
      .filter(({values}) => !only.checked || new Set(values).size > 1)
      .filter(({key}) => key.includes(filter.value.trim()));
    const table = view.querySelector("[data-configuration]");
    const head = element("tr");
    head.append(element("th", "Key"), ...compared.runs.map((run, place) => {
      const cell = element("th");
      cell.append(swatch(place), " ", run.id);
      return cell;
    }));
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows.map(({key, values}) => {
      const row = element("tr");
      const name = element("th", key);
      name.scope = "row";
      row.append(name, ...values.map((value) => element("td", value ?? "—")));
      return row;
    }));
    view.querySelector("[data-same]").hidden = rows.length > 0;
  }

  only.addEventListener("input", () => compared && showConfiguration());
  filter.addEventListener("input", () => compared && showConfiguration());
  view.querySelector("[data-csv]").addEventListener("click", () => compared && saveAs(csv(compared), "runs.csv"));
  signal.addEventListener("abort", () => clearTimeout(timer));
  poll();
}

function swatch(place) {
  const mark = element("span", "━");
  mark.className = `series-${place % SERIES}`;
  mark.ariaHidden = "true";
  return mark;
}

function showFigures(body, runs, ids) {
  const losses = runs.map((run) => run.progress?.validation_loss ?? Infinity);
  const best = Math.min(...losses);
  body.replaceChildren(...runs.map((run, place) => {
    const done = run.progress;
    const row = element("tr");
    const name = element("td");
    const link = element("a", run.id);
    link.href = `#/runs/${run.id}`;
    name.append(swatch(place), " ", link);
    const state = element("td");
    const word = element("span", run.state);
    word.className = "state";
    word.dataset.word = run.state;
    state.append(word);
    const loss = element("td", format.loss(done?.validation_loss ?? null));
    loss.className = losses[place] === best && best < Infinity ? "best" : "";
    const without = element("td");
    if (ids.length > 1) {
      const leave = element("a", "remove");
      leave.href = `#/compare/${ids.filter((id) => id !== run.id).join(",")}`;
      leave.ariaLabel = `remove ${run.id}`;
      without.append(leave);
    }
    const cells = [name, state, element("td", format.progress(run)), element("td", format.loss(done?.train_loss ?? null)),
      loss, element("td", format.speed(done?.characters_per_second ?? null)),
      element("td", format.duration(done?.seconds ?? null)), without];
    const labels = ["", "", "", "training loss", "validation loss", "speed", "time", ""];
    cells.forEach((cell, column) => { cell.dataset.label = labels[column]; });
    row.append(...cells);
    return row;
  }));
}

export function csv({runs, configuration}) {
  const figures = ["state", "iteration", "train_loss", "validation_loss", "characters_per_second", "seconds"];
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
