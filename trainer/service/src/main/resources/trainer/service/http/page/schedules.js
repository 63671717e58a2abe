// Schedules: the list with a form for a new one, and one schedule with its trigger runs.

import {json, post, request} from "./api.js";
import {prepareCompletion} from "./completion.js";
import * as format from "./format.js";
import {EXAMPLE} from "./new-run.js";
import {badge, fillList, fillTable, link, repeat} from "./table.js";
import {disableWhile, failed, lost, refuse, say, show} from "./view.js";

const PERIOD = 3000; // milliseconds between polls

export function showSchedules(signal) {
  const view = show("schedules-view", "Schedules");
  prepareNew(view.querySelector("details"));
  repeat(async () => {
    try {
      const {schedules} = await json("/schedules", {signal});
      fillTable(
        view.querySelector("tbody"),
        ["", "when", "next", "model"],
        schedules.map((schedule) => [
          link(schedule.name, `#/schedules/${schedule.name}`),
          `${schedule.cron} (${schedule.zone})`,
          schedule.paused ? badge("paused") : `${format.ago(schedule.next_at)}, ${format.time(schedule.next_at)}`,
          link(schedule.model, `#/models/${schedule.model}`),
        ]));
      view.querySelector(".empty").hidden = schedules.length > 0;
    } catch (error) {
      failed(error);
    }
  }, PERIOD, signal);
}

/** Appends the form of a plan to a panel; `save` gets the plan's keys that the form has. */
function appendForm(panel, save) {
  panel.append(document.getElementById("schedule-form").content.cloneNode(true));
  const form = panel.querySelector("form");
  const fields = form.elements;
  prepareCompletion(fields.configuration);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const plan = {
      name: fields.name.value,
      cron: fields.cron.value,
      zone: fields.zone.value,
      model: fields.model.value || null,
      start: fields.start.value,
      margin: Number(fields.margin.value),
      keep: Number(fields.keep.value),
      keep_runs: Number(fields.keep_runs.value),
      held_out: fields.held_out.value || null,
      skip_unchanged: fields.skip_unchanged.checked,
      configuration: fields.configuration.value,
    };
    try {
      await disableWhile(form.querySelector("button"), () => save(plan));
      form.querySelector("[data-refused]").textContent = "";
    } catch (error) {
      refuse(form, error);
    }
  });
  return form;
}

function prepareNew(panel) {
  const fields = appendForm(panel, async (plan) => {
    await post("/schedules", JSON.stringify(plan));
    location.hash = `#/schedules/${plan.name}`;
  }).elements;
  fields.configuration.value = EXAMPLE;
  fields.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A form with the plan as it is when the panel is opened. */
function prepareChange(panel, name, changed) {
  let kept = {}; // keys that the form does not have
  const form = appendForm(panel, async (plan) => {
    const body = JSON.stringify({...kept, ...plan});
    const headers = {"Content-Type": "application/json"};
    await request(`/schedules/${name}`, {method: "PUT", body, headers});
    panel.open = false;
    await changed();
  });
  const fields = form.elements;
  form.querySelector("[data-new]").hidden = true;
  panel.addEventListener("toggle", async () => {
    if (!panel.open) {
      return;
    }
    try {
      const plan = await json(`/schedules/${name}`);
      kept = {missed: plan.missed, overlap: plan.overlap, priority: plan.priority};
      for (const key of ["name", "cron", "zone", "model", "start", "margin", "keep", "keep_runs", "held_out", "configuration"]) {
        fields[key].value = plan[key] ?? "";
      }
      fields.skip_unchanged.checked = plan.skip_unchanged;
    } catch (error) {
      failed(error);
    }
  });
}

export function showSchedule(name, signal) {
  const view = show("schedule-view", name);
  const part = (key) => view.querySelector(`[data-${key}]`);
  part("name").textContent = name;
  const actions = {
    trigger: () => post(`/schedules/${name}/trigger`, "{}"),
    pause: () => post(`/schedules/${name}/pause`),
    resume: () => post(`/schedules/${name}/resume`),
    delete: async () => {
      if (confirm(`Delete the schedule ${name} with its history?`)) {
        await request(`/schedules/${name}`, {method: "DELETE"});
        location.hash = "#/schedules";
      }
    },
  };

  const poll = repeat(async () => {
    try {
      const [schedule, {firings}] = await Promise.all(
        [json(`/schedules/${name}`, {signal}), json(`/schedules/${name}/firings`, {signal})]);
      showPlan(view, schedule);
      fillTable(
        part("firings"),
        ["", "due", "run", "version", "reason"],
        firings.map((firing) => [
          badge(firing.state),
          format.time(firing.due_at) + (firing.requested_by ? ` (requested by ${firing.requested_by})` : ""),
          firing.run ? link(firing.run, `#/runs/${firing.run}`) : "",
          firing.version ? link(String(firing.version), `#/models/${schedule.model}`) : "",
          firing.reason ?? "",
        ]));
      view.querySelector(".empty").hidden = firings.length > 0;
    } catch (error) {
      lost(error);
    }
  }, PERIOD, signal);

  prepareChange(part("change"), name, poll);
  for (const button of view.querySelectorAll("[data-action]")) {
    button.addEventListener("click", async () => {
      try {
        await disableWhile(button, actions[button.dataset.action]);
        if (!signal.aborted) {
          say("");
          await poll();
        }
      } catch (error) {
        failed(error);
      }
    });
  }
}

function showPlan(view, schedule) {
  view.querySelector("[data-action=pause]").hidden = schedule.paused;
  view.querySelector("[data-action=resume]").hidden = !schedule.paused;
  view.querySelector("[data-next]").textContent = schedule.paused
    ? "Paused: runs on request only."
    : `Next run: ${format.time(schedule.next_at)}.`;
  fillList(view.querySelector("[data-plan]"), {
    "When": `${schedule.cron} (${schedule.zone})`,
    "Missed instants": schedule.missed === "once" ? "triggered once" : "skipped",
    "Model": link(schedule.model, `#/models/${schedule.model}`),
    "Initial weights": schedule.start === "champion" ? "the champion's" : "random",
    "Unchanged text": schedule.skip_unchanged ? "skipped" : "trained again",
    "Evaluated on": schedule.held_out ?? "the test or validation split of the corpus",
    "Promoted if": `better by more than ${schedule.margin} nats`,
    "Versions kept": String(schedule.keep),
    "Runs kept": String(schedule.keep_runs),
    "Changed": `${format.time(schedule.changed_at)} by ${schedule.changed_by}`,
  });
  view.querySelector("[data-configuration]").textContent = schedule.configuration;
}
