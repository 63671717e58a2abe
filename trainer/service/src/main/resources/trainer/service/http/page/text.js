// The tab Text: text generation, with the surprise of each character and what else was likely.

import {completion, post} from "./api.js";
import {Characters, shown} from "./characters.js";
import * as format from "./format.js";
import {element, failed, fill, say} from "./view.js";

const MOST_NATS = 6;
const SHADES = 5;
const MOST_COMPARED = 10000; // characters

/**
 * Called when the tab is first chosen.
 *
 * @param panel empty element to fill
 * @param model `id` of a run as the API describes it, or `NAME@VERSION` with its `path`
 * @param state `signal`, aborted when the view is left; `follow(handle)` calls `handle(run)` at once
 *     and with each later state of the run
 */
export function show(panel, model, {signal}) {
  fill(panel, "text-view");
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const form = part("write");
  const fields = form.elements;
  const button = form.querySelector("button");
  const text = new Characters(part("text"), (index) => describe(part("likely"), predicted, index, goOn));
  let predicted = []; // of each character `{character, nats, likely: [[character, probability]]}`
  let generation = null;
  let seed = null;
  signal.addEventListener("abort", () => generation?.abort());
  prepareSliders(form);

  function add({choices: [choice]}) {
    seed = choice.seed;
    const {tokens, token_logprobs: logs, top_logprobs: top} = choice.logprobs;
    const added = tokens.map((character, i) => ({
      character,
      nats: logs[i] === null ? null : -logs[i],
      likely: Object.entries(top[i] ?? {}).sort(([, one], [, other]) => other - one)
        .map(([other, log]) => [other, Math.exp(log)]),
    }));
    text.add(tokens).forEach((span, i) => {
      const {nats} = added[i];
      span.dataset.surprise = nats === null ? 0 : Math.min(SHADES, Math.floor(nats / MOST_NATS * (SHADES + 1)));
    });
    predicted.push(...added);
    describeAll(part("seed"), seed, predicted);
  }

  async function generate(prompt) {
    const own = new AbortController();
    generation = own;
    button.textContent = "Stop";
    text.clear();
    predicted = [];
    part("likely").replaceChildren();
    part("seed").textContent = "";
    part("copies").textContent = "";
    const body = {
      model: model.id,
      prompt,
      max_tokens: Number(fields.characters.value),
      temperature: Number(fields.temperature.value),
      top_k: Number(fields.top_k.value),
      top_p: Number(fields.top_p.value),
      stop: fields.stop.value.replaceAll("\\n", "\n") || null,
      seed: fields.seed.value === "" ? null : Number(fields.seed.value),
      logprobs: 5,
      echo: true,
    };
    try {
      say("Loading the model…");
      await completion(body, (chunk) => {
        say("");
        add(chunk);
      }, own.signal);
      part("again").hidden = seed === null;
    } catch (error) {
      failed(error);
    } finally {
      if (generation === own) {
        generation = null;
        button.textContent = "Generate";
        underline();
      }
    }
  }

  /** Underlines what stands in the corpus. */
  async function underline() {
    const written = predicted;
    if (written.length < 2) {
      return;
    }
    const found = await copies(model, written.map(({character}) => character), signal);
    if (written === predicted) { // no other text was begun
      part("copies").textContent = found.says;
      for (const {from, to} of found.spans) {
        [...part("text").children].slice(from, to).forEach((span) => span.classList.add("copied"));
      }
    }
  }

  /** Continues the text up to a character with another one. */
  function goOn(index, character) {
    generation?.abort();
    part("text").focus();
    generate(predicted.slice(0, index).map((each) => each.character).join("") + character);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (generation) {
      generation.abort();
    } else {
      generate(fields.prime.value);
    }
  });
  part("again").addEventListener("click", () => { fields.seed.value = seed; });
}

/** What of a text stands in the corpus: its `spans`, and what to say about them. */
async function copies(model, characters, signal) {
  if (characters.length > MOST_COMPARED) {
    return {spans: [], says: "The text is too long to be compared with the corpus."};
  }
  try {
    const body = JSON.stringify({text: characters.join(""), copies: true, unknown: "replace"});
    const path = model.path ?? `/runs/${model.id}`;
    const found = await (await post(`${path}/explain`, body, "application/json", {}, signal)).json();
    return found.copies
      ? {spans: found.copies.spans, says: describeCopies(found.copies, characters)}
      : {spans: [], says: "The corpus of the run is no longer here: copies are not underlined."};
  } catch (error) {
    return {spans: [], says: error.name === "AbortError" ? "" : `Copies are not underlined: ${error.message}`};
  }
}

function describeCopies({spans, share, longest}, characters) {
  if (spans.length === 0) {
    return `Nothing of 20 characters or more stands in the corpus; the longest part that does has ${longest}.`;
  }
  const {from, to} = spans.find((span) => span.to - span.from === longest);
  return `Underlined: what stands in the corpus word for word, 20 characters and more; ${(100 * share).toPrecision(2)} % of the text.`
    + ` The longest, ${longest} characters: “${characters.slice(from, to).join("").trim().replaceAll("\n", "↵")}”`;
}

/** Shows the value of each slider beside it. */
function prepareSliders(form) {
  for (const slider of form.querySelectorAll("[type=range]")) {
    const say = () => {
      const text = slider.value === slider.dataset.off ? "all" : slider.value;
      slider.nextElementSibling.textContent = text;
      slider.setAttribute("aria-valuetext", text);
    };
    slider.addEventListener("input", say);
    say();
  }
}

function describeAll(place, seed, predicted) {
  const measured = predicted.filter(({nats}) => nats !== null);
  const mean = measured.reduce((sum, {nats}) => sum + nats, 0) / measured.length;
  place.textContent = [
    `Seed ${seed}`,
    `${format.whole(predicted.length)} characters`,
    measured.length > 0 ? `${mean.toFixed(2)} nats per character` : "",
  ].filter(Boolean).join(" · ");
}

/** A character with the likeliest ones in its place, each a button that goes on from it. */
function describe(place, predicted, index, goOn) {
  const {character, nats, likely} = predicted[index];
  const probability = (value) => `${(100 * value).toPrecision(2)} %`;
  place.replaceChildren(
    element("p", nats === null
      ? `${shown(character)}: the first character is not predicted`
      : `${shown(character)}: ${nats.toFixed(2)} nats, probability ${probability(Math.exp(-nats))}. Likeliest here:`),
    ...likely.map(([other, value]) => {
      const button = element("button", `${shown(other)} ${probability(value)}`);
      button.type = "button";
      button.ariaLabel = `Go on with ${shown(other)}, probability ${probability(value)}`;
      button.addEventListener("click", () => goOn(index, other));
      return button;
    }));
}
