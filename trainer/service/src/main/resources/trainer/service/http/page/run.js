// One run: live curve, samples and log, and text generation.

import {decoded, json, post, request, subscribe} from "./api.js";
import {LossChart} from "./chart-view.js";
import {showDetails} from "./details.js";
import * as format from "./format.js";
import {SpeedChart} from "./speed-chart.js";
import {describe, disableWhile, element, failed, isActive, prepareDownload, say, show} from "./view.js";

const RETRY_MS = 3000;
const MOST_SAMPLES = 60;
const MOST_LINES = 1000;

export function showRun(id, signal) {
  const view = show("run-view", id);
  const part = (name) => view.querySelector(`[data-${name}]`);
  part("id").textContent = id;
  const chart = new LossChart(view.querySelector("canvas"), view, signal);
  const speed = new SpeedChart(part("speed"), chart.axis, signal);
  chart.axis.addEventListener("input", () => speed.draw(chart.rows));
  const showDetailsOf = showDetails(view, id, signal);
  prepareActions(view, id, signal);
  prepareLinks(view, id);
  prepareRegistering(part("register"), id);
  prepareGeneration(part("write"), part("text"), id, signal);
  showConfiguration(part("configuration"), id, signal);
  let lines = [];

  const handlers = {
    state: (run) => {
      showState(view, run);
      showDetailsOf(run);
    },
    metrics: (event) => {
      chart.add(event.rows, event.replace);
      speed.draw(chart.rows);
    },
    sample: (event) => addSamples(part("samples"), event),
    log: (event) => {
      lines = (event.replace ? [] : lines).concat(event.lines).slice(-MOST_LINES);
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
      failed(error);
      if (error.status === 404) {
        return;
      }
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
  part("reason").textContent = run.reason ?? "";
  view.querySelector("progress").value = format.share(run);
  const done = run.progress;
  part("progress").textContent = [
    format.progress(run),
    format.speed(done?.characters_per_second ?? null),
    done?.validation_loss ? `validation ${format.loss(done.validation_loss)}` : "",
    done?.seconds_left ? `${format.duration(done.seconds_left)} left` : "",
  ].filter(Boolean).join(" · ");
  part("warnings").replaceChildren(...(done?.warnings ?? []).map((warning) => element("li", warning)));
  const active = isActive(run);
  view.querySelector("[data-action=cancel]").hidden = !active;
  view.querySelector("[data-action=cancel]").disabled = run.cancel_requested;
  view.querySelector("[data-action=resume]").hidden = active || run.state === "succeeded";
  part("register").hidden = active;
  view.querySelector("[data-action=delete]").hidden = active;
  const details = {
    "Submitted": `${format.time(run.submitted_at)} by ${run.submitted_by}`,
    "Started": format.time(run.started_at),
    "Finished": format.time(run.finished_at),
    "Attempt": String(run.attempt),
    "Worker": run.worker ?? "",
    "Priority": String(run.priority),
  };
  describe(part("details"), details);
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

function prepareActions(view, id, signal) {
  const actions = {
    cancel: () => post(`/runs/${id}/cancel`),
    resume: () => post(`/runs/${id}/resume`),
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
        await disableWhile(button, actions[button.dataset.action]);
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

function prepareGeneration(form, out, id, signal) {
  const button = form.querySelector("button");
  let generation = null;
  signal.addEventListener("abort", () => generation?.abort());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (generation) {
      generation.abort();
      return;
    }
    generation = new AbortController();
    button.textContent = "Stop";
    out.textContent = "";
    const fields = form.elements;
    const body = {
      prime: fields.prime.value,
      length: Number(fields.characters.value),
      temperature: Number(fields.temperature.value),
      seed: fields.seed.value === "" ? null : Number(fields.seed.value),
    };
    try {
      say("Loading the model…");
      const answer = await post(`/runs/${id}/generate`, JSON.stringify(body), "application/json", {}, generation.signal);
      say("");
      for await (const text of decoded(answer)) {
        out.textContent += text;
      }
    } catch (error) {
      failed(error);
    } finally {
      generation = null;
      button.textContent = "Generate";
    }
  });
}
