// Sweeps: the list with a form for a new one, and one sweep with its trials.

import {json, post, request} from "./api.js";
import {aligned, Chart} from "./chart.js";
import {prepareCompletion} from "./completion.js";
import * as format from "./format.js";
import {grouped} from "./groups.js";
import {parallel} from "./sweep-pictures.js";
import {badge, fillTable, link, repeat} from "./table.js";
import {disableWhile, element, failed, lost, refuse, show} from "./view.js";

const PERIOD = 3000; // milliseconds between polls
const COLOURED = 8; // curves, those of the best trials; the others are grey
const LEGEND = 12; // curves; with more, the table says which is which

export const shortly = (settings) =>
  Object.entries(settings).map(([key, value]) => `${lastWord(key)}=${value}`).join(" ") || "all";

const lastWord = (key) => key.replace(/.*\./, "");
const shownLoss = (trial) => ((trial?.best_validation_loss ?? null) === null ? "" : format.loss(trial.best_validation_loss));

/** @param before number of a sweep: only older ones; `undefined`: the newest */
export function showSweeps(before, signal) {
  const view = show("sweeps-view", "Sweeps");
  const more = view.querySelector(".more");
  prepareNew(view.querySelector("form"));
  repeat(async () => {
    try {
      const {sweeps, next_after: next} = await json(`/sweeps${before ? `?after=${before}` : ""}`, {signal});
      fillTable(
        view.querySelector("tbody"),
        ["", "", "trials", "varied", "best", "best trial", "submitted"],
        sweeps.map((sweep) => [
          named(sweep),
          badge(sweep.state),
          `${sweep.trials_ended} of ${sweep.trials_in_all} ended`,
          sweep.vary.map((each) => lastWord(each.replace(/=.*/s, ""))).join(", "),
          shownLoss(sweep.best),
          sweep.best ? shortly(sweep.best.settings) : "",
          `${format.ago(sweep.submitted_at)} by ${sweep.submitted_by}`,
        ]));
      view.querySelector(".empty").hidden = sweeps.length > 0;
      more.hidden = next === null;
      more.href = `#/sweeps?after=${next}`;
    } catch (error) {
      failed(error);
    }
  }, PERIOD, signal);
}

function named(sweep) {
  const name = element("span");
  name.className = "name";
  name.append(link(sweep.name, `#/sweeps/${sweep.id}`), element("small", sweep.id));
  return name;
}

function prepareNew(form) {
  prepareCompletion(form.elements.configuration);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = form.elements;
    const number = (name) => (fields[name].value === "" ? null : Number(fields[name].value));
    const body = {
      name: fields.name.value || null,
      configuration: fields.configuration.value,
      vary: fields.vary.value.split("\n").map((line) => line.trim()).filter((line) => line),
      trials: number("trials"),
      halving: number("halving"),
      max_minutes: number("max_minutes"),
      register: fields.register.value || null,
    };
    try {
      const answer = await disableWhile(form.querySelector("button"), () => post("/sweeps", JSON.stringify(body)));
      location.hash = `#/sweeps/${(await answer.json()).id}`;
    } catch (error) {
      refuse(form, error);
    }
  });
}

export function showSweep(id, signal) {
  const view = show("sweep-view", id);
  const part = (key) => view.querySelector(`[data-${key}]`);
  const control = (name) => view.querySelector(`[name=${name}]`);
  let range = null; // of iterations; null: all
  let sweep = null;
  let curves = [];
  const chart = new Chart(
    part("curves"),
    {title: "Validation loss of the trials", group: id, height: 320, xValue: (x) => format.whole(Math.round(x))},
    (shown) => { range = shown; draw(); },
    signal);
  part("id").textContent = id;

  function draw() {
    if (!sweep) {
      return;
    }
    chart.logarithmic = {x: false, y: control("log_y").checked};
    part("curves").classList.toggle("unnamed", curves.length > LEGEND && !control("seeds").checked);
    const lines = control("seeds").checked ? groupLines(sweep, curves) : trialLines(sweep, curves);
    if (lines.length === 0) {
      return;
    }
    const [xs, drawn] = aligned(lines);
    chart.draw(xs, drawn.map((line) => ({...line, format: format.loss})), {xLabel: "iteration", range});
  }

  const poll = repeat(async () => {
    if (sweep && sweep.ended_at !== null) {
      return; // nothing changes any more
    }
    try {
      [sweep, {curves}] = await Promise.all(
        [json(`/sweeps/${id}`, {signal}), json(`/sweeps/${id}/curves`, {signal})]);
      document.title = `${sweep.name} · charrnn`;
      describeSweep(view, sweep);
      fillTrials(view, sweep);
      fillImportance(view, sweep);
      fillGroups(view, sweep);
      part("parallel-panel").hidden = !parallel(part("parallel"), sweep.table, Object.keys(sweep.table[0].settings));
      draw();
    } catch (error) {
      lost(error);
    }
  }, PERIOD, signal);

  control("log_y").addEventListener("input", draw);
  control("seeds").addEventListener("input", draw);
  const actions = {
    cancel: () => post(`/sweeps/${id}/cancel`),
    delete: async () => {
      if (confirm(`Delete ${id} with its ${sweep?.trials_in_all ?? ""} runs?`)) {
        await request(`/sweeps/${id}`, {method: "DELETE"});
        location.hash = "#/sweeps";
      }
    },
  };
  for (const button of view.querySelectorAll("[data-action]")) {
    button.addEventListener("click", async () => {
      try {
        await disableWhile(button, actions[button.dataset.action]);
        if (!signal.aborted) {
          await poll();
        }
      } catch (error) {
        failed(error);
      }
    });
  }
}

function describeSweep(view, sweep) {
  const part = (key) => view.querySelector(`[data-${key}]`);
  part("name").textContent = sweep.name;
  part("state").textContent = sweep.state;
  part("state").dataset.word = sweep.state;
  view.querySelector("[data-action=cancel]").hidden = sweep.state !== "running";
  view.querySelector("[data-action=delete]").hidden = sweep.state === "running";
  const steps = sweep.steps.length > 1
    ? `Step ${sweep.step + 1} of ${sweep.steps.length}: `
      + sweep.steps.map(({iterations, trials}) => `${trials} to ${format.whole(iterations)}`).join(", ") + " iterations. "
    : "";
  part("progress").textContent = `${steps}${sweep.trials_ended} of ${sweep.trials_in_all} trials ended.`
    + (sweep.reason ? ` ${sweep.reason}` : "");
  part("registered").replaceChildren(...(sweep.version
    ? ["The best trial is ", link(`${sweep.register}@${sweep.version}`, `#/models/${sweep.register}/${sweep.version}`), "."] : []));
  part("vary").textContent = sweep.vary.join("\n");
  part("configuration").textContent = sweep.configuration;
}

function fillTrials(view, sweep) {
  const keys = Object.keys(sweep.table[0].settings);
  const names = ["Run", "State", ...keys.map(lastWord), "Best validation", "At iteration", "Iterations", "Reason"];
  const table = view.querySelector("[data-trials]");
  const head = element("tr");
  head.append(...names.map((name) => element("th", name)));
  table.tHead.replaceChildren(head);
  const number = (value) => ((value ?? null) === null ? "" : format.whole(value));
  fillTable(
    table.tBodies[0],
    ["", "", ...names.slice(2).map((name) => name.toLowerCase())],
    sweep.table.map((trial, place) => [
      trial.run_state === null ? trial.run : swatched(place, link(trial.run, `#/runs/${trial.run}`)),
      badge(trial.state === "active" ? trial.run_state ?? "active" : trial.state),
      ...keys.map((key) => trial.settings[key]),
      shownLoss(trial),
      number(trial.best_iteration),
      number(trial.iterations),
      trial.reason ?? "",
    ]));
}

/** A link with the colour of the trial's curve. */
function swatched(place, made) {
  const both = element("span");
  const mark = element("span", place < COLOURED ? "━ " : "");
  mark.className = `series-${place}`;
  mark.ariaHidden = "true";
  both.append(mark, made);
  return both;
}

function fillImportance(view, sweep) {
  view.querySelector("[data-importance-panel]").hidden = sweep.importance.length === 0;
  const percent = (share) => `${Math.round(100 * share)} %`;
  fillTable(
    view.querySelector("[data-importance]"),
    ["", "", "explains", "by chance"],
    [...sweep.importance].sort((one, other) => other.share - one.share).map(({key, share, by_chance: chance}) => {
      const bar = document.createElement("meter");
      bar.value = share;
      bar.ariaLabel = `${key} explains ${percent(share)}`;
      return [key, bar, percent(share), percent(chance)];
    }));
}

function fillGroups(view, sweep) {
  const several = sweep.groups.some((group) => group.trials > 1);
  view.querySelector("[data-groups-panel]").hidden = !several;
  view.querySelector("[data-seeds]").hidden = !several;
  fillTable(
    view.querySelector("[data-groups]"),
    ["", "mean", "deviation", "seeds"],
    sweep.groups.map((group) => [
      shortly(group.settings), format.loss(group.mean),
      group.deviation === null ? "" : group.deviation.toFixed(4), String(group.trials),
    ]));
}

/** A line per trial, the best on top. */
function trialLines(sweep, curves) {
  return curves.map((curve) => {
    const place = sweep.table.findIndex((trial) => trial.trial === curve.trial);
    return {
      label: shortly(sweep.table[place].settings),
      xs: curve.iteration,
      ys: curve.validation_loss,
      color: place < COLOURED ? `series-${place}` : "soft",
      width: place === 0 ? 2.5 : place < COLOURED ? 1.5 : 0.75,
    };
  }).reverse();
}

/** A line per group of seeds. */
function groupLines(sweep, curves) {
  const named = curves.map((curve) => {
    const settings = {...sweep.table.find((each) => each.trial === curve.trial).settings};
    delete settings.seed;
    return {name: shortly(settings), xs: curve.iteration, ys: curve.validation_loss};
  });
  return grouped(named).map((group, place) => ({
    ...group, label: `${group.name} (${group.size})`, color: `series-${place % COLOURED}`, width: 2}));
}
