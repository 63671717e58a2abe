// The tab Text: text generation.

import {decoded, post} from "./api.js";
import {failed, fill, say} from "./view.js";

/**
 * Called when the tab is first chosen.
 *
 * @param panel empty element to fill
 * @param run as the API describes it, at this moment
 * @param state `signal`, aborted when the view is left; `follow(handle)` calls `handle(run)` at once
 *     and with each later state of the run
 */
export function show(panel, run, {signal}) {
  fill(panel, "text-view");
  const form = panel.querySelector("form");
  const out = panel.querySelector("[data-text]");
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
      const answer = await post(`/runs/${run.id}/generate`, JSON.stringify(body), "application/json", {}, generation.signal);
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
