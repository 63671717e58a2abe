// Webhooks: the list with a form for a new one, and the calls of one.

import {json, post, request} from "./api.js";
import * as format from "./format.js";
import {badge, button, fillTable, repeat} from "./table.js";
import {disableWhile, element, failed, refuse, show} from "./view.js";

const PERIOD = 5000; // milliseconds between polls
const EVENTS = [
  "run.succeeded", "run.failed", "run.cancelled", "run.interrupted", "model.promoted", "model.rolled_back",
  "model.kept", "schedule.failed", "sweep.succeeded", "sweep.failed", "sweep.cancelled"];

export function showWebhooks(signal) {
  const view = show("webhooks-view", "Webhooks");
  const calls = view.querySelector("[data-deliveries]");
  let shown = null; // the webhook whose calls are shown

  function actions(webhook) {
    const made = document.createElement("span");
    const see = button("Calls", () => { shown = webhook; poll(); });
    const remove = button("Delete", async () => {
      if (confirm(`Delete the webhook to ${webhook.url}?`)) {
        try {
          await request(`/webhooks/${webhook.number}`, {method: "DELETE"});
        } catch (error) {
          failed(error);
        }
        poll();
      }
    });
    see.ariaLabel = `Calls of ${webhook.url}`;
    remove.ariaLabel = `Delete ${webhook.url}`;
    made.append(see, " ", remove);
    return made;
  }

  const poll = repeat(async () => {
    try {
      const {webhooks} = await json("/webhooks", {signal});
      fillTable(view.querySelector("[data-webhooks]"), ["", "events", "created", ""], webhooks.map((webhook) => [
        webhook.url,
        webhook.events.length === EVENTS.length ? "all" : webhook.events.join(", "),
        `${format.ago(webhook.created_at)} by ${webhook.created_by}`,
        actions(webhook),
      ]));
      view.querySelector(".empty").hidden = webhooks.length > 0;
      shown = webhooks.find((webhook) => webhook.number === shown?.number) ?? null;
      calls.hidden = !shown;
      if (shown) {
        await showCalls();
      }
    } catch (error) {
      failed(error);
    }
  }, PERIOD, signal);

  async function showCalls() {
    const {deliveries} = await json(`/webhooks/${shown.number}/deliveries`, {signal});
    calls.querySelector("h2").textContent = `Calls to ${shown.url}`;
    fillTable(calls.querySelector("tbody"), ["", "", "attempts", "answer", ""], deliveries.map((delivery) => [
      delivery.event,
      badge(delivery.state),
      String(delivery.attempts),
      delivery.answer ?? "",
      format.ago(delivery.ended_at ?? delivery.created_at),
    ]));
    calls.querySelector(".empty").hidden = deliveries.length > 0;
  }

  prepareForm(view, poll);
}

function prepareForm(view, created) {
  const form = view.querySelector("form");
  const secret = view.querySelector("[data-secret]");
  view.querySelector("[data-events]").append(...EVENTS.map((event) => {
    const made = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.name = "event";
    box.value = event;
    box.checked = true;
    made.append(box, ` ${event}`);
    return made;
  }));
  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    const events = [...form.querySelectorAll("[name=event]:checked")].map((box) => box.value);
    try {
      const answer = await disableWhile(form.querySelector("button"), () =>
        post("/webhooks", JSON.stringify({url: form.elements.url.value, events})));
      secret.querySelector("pre").textContent = (await answer.json()).secret;
      secret.hidden = false;
      form.querySelector("[data-refused]").textContent = "";
      form.closest("details").open = false;
      created();
    } catch (error) {
      refuse(form, error);
    }
  });
}
