// One run: live curve, samples and log, and text generation.

import {json, post, request, subscribe} from "./api.js";
import {showDetails} from "./details.js";
import * as format from "./format.js";
import * as inside from "./inside.js";
import {prepareCharts} from "./run-charts.js";
import {prepareTabs} from "./tabs.js";
import * as text from "./text.js";
import {describe, disableWhile, element, failed, isActive, lost, prepareDownload, say, show} from "./view.js";

const RETRY_MS = 3000;
const MOST_SAMPLES = 60;
const MOST_LINES = 1000;

/** @param tab to show, `undefined`: the first */
export function showRun(id, tab, signal) {
  const view = show("run-view", id);
  const part = (name) => view.querySelector(`[data-${name}]`);
  part("id").textContent = id;
  part("duplicate").href = `#/new/${id}`;
  let newest = null;
  const charts = prepareCharts(view, id, signal);
  const showDetailsOf = showDetails(view, id, signal, () => newest && showCards(part("cards"), newest));
  prepareActions(view, id, signal);
  prepareLabels(view, id, signal);
  prepareLinks(view, id);
  prepareRegistering(part("register"), id);
  showConfiguration(part("configuration"), id, signal);
  const states = new EventTarget();
  let lines = [];

  /** Shows a tab of a module of its own, as soon as the run is known. */
  const showTab = ({show: fill}, panel) => {
    const follow = (handle) => {
      handle(newest);
      states.addEventListener("state", () => handle(newest), {signal});
    };
    const start = () => fill(panel, newest, {signal, follow});
    newest ? start() : states.addEventListener("state", start, {signal, once: true});
  };
  const modules = {text, inside};
  prepareTabs(view, `#/runs/${id}`, tab, (word) => {
    if (word in modules) {
      showTab(modules[word], view.querySelector(`#panel-${word}`));
    }
  });

  const handlers = {
    state: (run) => {
      newest = run;
      showState(view, run);
      charts.show(run);
      showDetailsOf(run);
      states.dispatchEvent(new Event("state"));
    },
    metrics: () => charts.grown(),
    sample: (event) => {
      part("no-samples").hidden = true;
      addSamples(part("samples"), event);
    },
    log: (event) => {
      lines = (event.replace ? [] : lines).concat(event.lines).slice(-MOST_LINES);
      part("no-log").hidden = true;
      const log = part("log");
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      log.textContent = lines.join("\n");
      log.scrollTop = atEnd ? log.scrollHeight : log.scrollTop;
    },
  };
  follow(id, (name, data) => handlers[name]?.(data), signal);
}

/** Subscribes to the run, again after a lost connection and after a resume. */
async function follow(id, handle, signal) {
  while (!signal.aborted) {
    try {
      if (await subscribe(id, handle, signal)) {
        await resumed(id, signal);
      }
    } catch (error) {
      lost(error);
    }
    await retryPause();
  }
}

const retryPause = () => new Promise((done) => { setTimeout(done, RETRY_MS); });

/** Polls an ended run until it is active again. */
async function resumed(id, signal) {
  while (!signal.aborted && !isActive(await json(`/runs/${id}`, {signal}))) {
    await retryPause();
  }
}

function showState(view, run) {
  const part = (name) => view.querySelector(`[data-${name}]`);
  part("state").textContent = run.cancel_requested && run.state === "running" ? "stopping" : run.state;
  part("state").dataset.word = run.state;
  part("name").textContent = run.name;
  showNotice(part("notice"), run);
  part("charts").hidden = !run.progress;
  part("going").hidden = !run.progress;
  view.querySelector("progress").value = format.share(run);
  const done = run.progress;
  part("progress").textContent = [
    format.progress(run),
    done?.seconds_left && isActive(run) ? `${format.duration(done.seconds_left)} left` : "",
  ].filter(Boolean).join(" · ");
  showCards(part("cards"), run);
  showLabels(view, run);
  part("warnings").replaceChildren(...(done?.warnings ?? []).map((warning) => element("li", warning)));
  const active = isActive(run);
  view.querySelector("[data-action=cancel]").hidden = !active;
  view.querySelector("[data-action=cancel]").disabled = run.cancel_requested;
  view.querySelector("[data-action=resume]").hidden = active || run.state === "succeeded" || run.fails_again;
  part("register").hidden = active || !run.progress;
  view.querySelector("[data-action=delete]").hidden = active;
  view.querySelector("[data-action=archive]").hidden = active;
  view.querySelector("[data-action=archive]").textContent = run.archived ? "Unarchive" : "Archive";
  const details = {
    "Submitted": `${format.time(run.submitted_at)} by ${run.submitted_by}`,
    "Initial weights": run.init_from ?? "",
    "Forked from": run.forked_from?.replace("@", ", iteration ") ?? "",
    "Started": format.time(run.started_at),
    "Finished": format.time(run.finished_at),
    "Attempt": String(run.attempt),
    "Worker": run.worker ?? "",
    "Priority": String(run.priority),
  };
  describe(part("details"), details);
}

/** The figures of a run, in the same words as in the list and the comparison. */
function showCards(place, run) {
  const done = run.progress;
  place.hidden = !done;
  if (!done) {
    return;
  }
  const best = done.best_validation_loss;
  const trigram = done.baselines?.trigram;
  const against = best !== null && trigram
    ? `${Math.abs(trigram - best).toFixed(3)} nats ${best < trigram ? "below" : "above"} trigrams (${trigram.toFixed(3)})` : "";
  const cards = [
    ["Best validation loss", format.loss(best), best === null ? "not measured yet"
      : [`${format.bits(best)} · iteration ${format.whole(done.best_iteration)}`, against]],
    ["Last loss", format.loss(done.validation_loss ?? done.train_loss),
      done.validation_loss === null ? "training" : ["validation", `training ${format.loss(done.train_loss)}`]],
    ["Speed of training steps", format.speed(done.characters_per_second), "median of the latest rows"],
    isActive(run)
      ? ["Time left", format.duration(done.seconds_left) || "unknown", `${format.duration(done.seconds)} so far`]
      : ["Time", format.duration(done.seconds), format.progress(run)],
    ["Parameters", done.parameters === null ? "" : format.whole(done.parameters), ""],
    ["Device", (place.dataset.device ?? "").replaceAll("(R)", ""), place.dataset.engine ?? ""],
  ];
  place.replaceChildren(...cards.filter(([, value]) => value).map(([name, value, notes]) => {
    const card = element("div");
    card.append(element("dt", name), element("dd", value));
    [notes].flat().filter(Boolean).forEach((note) => {
      const line = element("dd", note);
      line.className = "hint";
      card.append(line);
    });
    return card;
  }));
}

function showLabels(view, run) {
  const place = view.querySelector("[data-labels]");
  const shown = JSON.stringify([run.tags, run.note, run.archived]);
  if (place.dataset.shown === shown) {
    return; // keeps what is being typed
  }
  place.dataset.shown = shown;
  place.replaceChildren(...run.tags.map(tag), run.note, ...(run.archived ? [tag("archived")] : []));
  const fields = view.querySelector("[data-label]").elements;
  fields.tags.value = run.tags.join(" ");
  fields.note.value = run.note;
}

/** A tag; that of a sweep leads to it. */
export function tag(text) {
  const made = element(/^sweep_[0-9a-z]{8}$/.test(text) ? "a" : "span", text);
  if (made.tagName === "A") {
    made.href = `#/sweeps/${text}`;
  }
  made.className = "tag";
  return made;
}

/** A card that says what happens next, where the charts would be empty or the run needs somebody. */
function showNotice(place, run) {
  const reason = run.reason ?? "";
  const next = {
    queued: [
      run.queue_place > 1 ? `Number ${format.whole(run.queue_place)} in the queue` : "Next in the queue",
      reason || "It starts when a slot is free."],
    running: ["Starting", "The first figures come after the first iterations."],
    succeeded: ["Finished without figures", "The log says what it did."],
    failed: ["Failed", reason + (run.fails_again
      ? "\nResuming would fail again. Correct the configuration or the text, and submit a new run."
      : "\nResume continues from the last checkpoint, if there is one.")],
    cancelled: ["Cancelled", "Resume continues from the last checkpoint, if there is one."],
    interrupted: ["Interrupted", `${reason}\nResume continues from the last checkpoint.`],
  }[run.state];
  place.hidden = Boolean(run.progress) && ["running", "succeeded"].includes(run.state);
  place.dataset.word = run.state;
  place.querySelector("h2").textContent = next[0];
  place.querySelector("p").textContent = next[1].trim();
}

function addSamples(list, event) {
  if (event.replace) {
    list.replaceChildren();
  }
  for (const sample of event.samples) {
    const entry = document.createElement("article");
    entry.className = "sample";
    entry.append(
      element("h3", `iteration ${format.whole(sample.iteration)}, temperature ${sample.temperature}`),
      element("pre", sample.text));
    list.prepend(entry);
  }
  while (list.children.length > MOST_SAMPLES) {
    list.lastChild.remove();
  }
}

/** Changes tags, note or archive of a run. */
export function label(id, labels) {
  return request(`/runs/${id}/labels`, {
    method: "PUT", body: JSON.stringify(labels), headers: {"Content-Type": "application/json"}});
}

function prepareLabels(view, id, signal) {
  const form = view.querySelector("[data-label]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tags = form.elements.tags.value.split(/[\s,]+/).filter(Boolean);
    try {
      await disableWhile(form.querySelector("button"), () => label(id, {tags, note: form.elements.note.value.trim()}));
      showState(view, await json(`/runs/${id}`, {signal}));
      say("Saved.");
    } catch (error) {
      failed(error);
    }
  });
}

function prepareActions(view, id, signal) {
  const actions = {
    cancel: () => post(`/runs/${id}/cancel`),
    resume: () => post(`/runs/${id}/resume`),
    archive: async (button) => label(id, {archived: button.textContent === "Archive"}),
    delete: async () => {
      if (confirm(`Delete ${id} with all its files?`)) {
        await request(`/runs/${id}`, {method: "DELETE"});
        location.hash = "#/";
      }
    },
  };
  for (const button of view.querySelectorAll("[data-action]")) {
    button.hidden = true;
    button.addEventListener("click", async () => {
      try {
        await disableWhile(button, () => actions[button.dataset.action](button));
        if (!signal.aborted && button.dataset.action !== "delete") {
          showState(view, await json(`/runs/${id}`, {signal}));
        }
      } catch (error) {
        failed(error);
      }
    });
  }
}

function prepareLinks(view, id) {
  const names = {metrics: `${id}.csv`, "loss.svg": `${id}.svg`, "loss.png": `${id}.png`, "model.zip": `${id}.zip`};
  for (const link of view.querySelectorAll("[data-link]")) {
    const what = link.dataset.link;
    prepareDownload(link, `/runs/${id}/${what}`, names[what], what === "metrics" ? {Accept: "text/csv"} : {});
  }
}

function prepareRegistering(form, id) {
  const name = form.elements.model;
  name.value = id.replace(/-[0-9a-z]{8}$/, "");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await disableWhile(form.querySelector("button"), () =>
        post(`/models/${name.value}/versions`, JSON.stringify({run: id})));
      location.hash = `#/models/${name.value}`;
    } catch (error) {
      failed(error);
    }
  });
}

async function showConfiguration(place, id, signal) {
  try {
    place.textContent = await (await request(`/runs/${id}/configuration`, {signal})).text();
  } catch (error) {
    failed(error);
  }
}
