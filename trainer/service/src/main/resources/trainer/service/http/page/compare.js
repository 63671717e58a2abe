// Compares runs: overlaid curves, figures, and differences of their configurations.

import {json, saveAs} from "./api.js";
import {aligned, Chart} from "./chart.js";
import * as format from "./format.js";
import {grouped, spread} from "./groups.js";
import {shortly} from "./sweeps.js";
import {fillTable} from "./table.js";
import {element, isActive, lost, show} from "./view.js";

const PERIOD = 5000; // milliseconds between polls while a run is active
const POINTS = 500; // per curve; peaks are kept
const SERIES = 8; // colours; further runs reuse them, dashed
const SEED = "seed"; // the key that groups leave out
const TAGS = " "; // a way to group, unlike any key

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
      offerGroups(control("group"), compared);
      update();
    } catch (error) {
      lost(error);
    }
    if (!signal.aborted && (compared?.runs.some(isActive) ?? true)) { // also while there is no answer
      timer = setTimeout(poll, PERIOD);
    }
  }

  function update() {
    draw();
    showFigures(view.querySelector("[data-figures]"), compared.runs, ids, places());
    showGroups(view, compared.runs, control("group").value && names());
    showConfiguration();
  }

  /** Of each run: what its curve is called; runs with the same name are drawn as one. */
  const names = () => compared.runs.map((run, place) => nameOf(compared, place, control("group").value));

  /** Of each run: the place of its curve. */
  function places() {
    const all = names();
    const different = [...new Set(all)];
    return all.map((name) => different.indexOf(name));
  }

  function draw() {
    if (!compared) {
      return;
    }
    const [loss, axis] = [control("loss").value, control("axis").value];
    control("smoothing").disabled = loss === "validation_loss"; // few values, and not noisy
    chart.logarithmic = {x: control("log_x").checked, y: control("log_y").checked};
    const all = names();
    const [xs, lines] = aligned(grouped(compared.curves.map((curve, place) => {
      const [some, values] = measured(curve[axis], curve[loss]);
      return {name: all[place], xs: some, ys: values};
    })));
    chart.draw(xs, lines.map((line) => {
      const place = [...new Set(all)].indexOf(line.name);
      return {
        ...line,
        label: line.size > 1 ? `${line.name} (${line.size})` : line.name,
        color: `series-${place % SERIES}`,
        dash: place < SERIES ? undefined : [6, 4],
        format: format.loss,
      };
    }), {xLabel: axis === "seconds" ? "time" : "iteration", range});
  }

  function showConfiguration() {
    const rows = compared.configuration
      .filter(({values}) => !only.checked || new Set(values).size > 1)
      .filter(({key}) => key.includes(filter.value.trim()));
    const table = view.querySelector("[data-configuration]");
    const head = element("tr");
    const curves = places();
    const labels = compared.runs.map((run) => (sameName(compared.runs, run) ? run.id : run.name));
    head.append(element("th", "Key"), ...compared.runs.map((run, place) => {
      const cell = element("th");
      cell.append(swatch(curves[place]), " ", labels[place]);
      return cell;
    }));
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows.map(({key, values}) => {
      const row = element("tr");
      const name = element("th", key);
      name.scope = "row";
      row.append(name, ...values.map((value, place) => {
        const cell = element("td", value ?? "—");
        cell.dataset.run = labels[place]; // shown on phones
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
  control("group").addEventListener("input", () => compared && update());
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

/** Keys whose values differ among the runs. */
const differing = ({configuration}) => configuration.filter(({values}) => new Set(values).size > 1).map(({key}) => key);

/** The ways to group that change something; a choice that was made stays. */
function offerGroups(select, compared) {
  const keys = differing(compared).filter((key) => key !== "name");
  const ways = [
    ["", "each run"],
    ...(keys.includes(SEED) ? [[SEED, "mean over seeds"]] : []),
    ...(compared.runs.some((run) => run.tags.length > 0) ? [[TAGS, "by tags"]] : []),
    ...keys.filter((key) => key !== SEED).map((key) => [key, `by ${key}`]),
  ];
  if (select.dataset.offered !== String(ways)) {
    const {value} = select;
    select.dataset.offered = String(ways);
    select.replaceChildren(...ways.map(([way, words]) => new Option(words, way)));
    select.value = ways.some(([way]) => way === value) ? value : "";
  }
  select.parentElement.hidden = ways.length === 1;
}

/** What the curve of a run is called: the run itself, or what its group has in common. */
function nameOf(compared, place, way) {
  const run = compared.runs[place];
  if (!way) {
    return run.name === run.id || sameName(compared.runs, run) ? run.id : run.name;
  }
  if (way === TAGS) {
    return run.tags.join(" ") || "no tags";
  }
  const keys = way === SEED ? differing(compared).filter((key) => ![SEED, "name"].includes(key)) : [way];
  const settings = compared.configuration.filter(({key}) => keys.includes(key)).map(({key, values}) => [key, values[place] ?? "—"]);
  return shortly(Object.fromEntries(settings));
}

/** Mean and deviation of the best losses of each group. */
function showGroups(view, runs, names) {
  view.querySelector("[data-groups-panel]").hidden = !names;
  if (!names) {
    return;
  }
  const losses = new Map();
  runs.forEach((run, place) => {
    const loss = run.progress?.best_validation_loss ?? null;
    losses.set(names[place], [...losses.get(names[place]) ?? [], ...(loss === null ? [] : [loss])]);
  });
  fillTable(view.querySelector("[data-groups]"), ["", "mean", "deviation", "runs"], [...losses].map(([name, all]) => {
    const {mean, deviation} = spread(all);
    return [name, all.length > 0 ? format.loss(mean) : "", all.length > 1 ? deviation.toFixed(4) : "", String(all.length)];
  }));
}

const sameName = (runs, run) => runs.filter(({name}) => name === run.name).length > 1;

function swatch(place) {
  const mark = element("span", "━");
  mark.className = `series-${place % SERIES}`;
  mark.ariaHidden = "true";
  return mark;
}

function showFigures(body, runs, ids, curves) {
  const losses = runs.map((run) => run.progress?.best_validation_loss ?? Infinity);
  const best = Math.min(...losses);
  body.replaceChildren(...runs.map((run, place) => {
    const done = run.progress;
    const row = element("tr");
    const name = element("td");
    const link = element("a", run.name);
    link.href = `#/runs/${run.id}`;
    name.className = "name";
    name.append(swatch(curves[place]), " ", link, element("small", run.id));
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
