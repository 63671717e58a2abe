// Shared by all views: the main element and the message line.

import {download, Gone, ROOT, TokenNeeded} from "./api.js";

const MESSAGE_MILLISECONDS = 12000;

const main = document.getElementById("main");
const message = document.getElementById("message");
let timer = 0;

export function say(text) {
  message.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { message.textContent = ""; }, MESSAGE_MILLISECONDS);
}

/** Shows an error; asks for a token if it is missing. */
export function failed(error) {
  if (error instanceof TokenNeeded) {
    document.dispatchEvent(new CustomEvent("token-needed", {detail: error.message}));
  } else if (error.name !== "AbortError" && !(error instanceof Gone)) {
    say(error.message);
  }
}

/** Shows why a view cannot be filled: where what it shows is not there, a notice takes its place. */
export function lost(error) {
  if (error.status === 404) {
    document.dispatchEvent(new CustomEvent("missing", {detail: error.message}));
  } else {
    failed(error);
  }
}

/** Shows in a form why what it has sent is refused; it stays until the next try. */
export function refuse(form, error) {
  if (error.status === 422 || error.status === 409 || error.status === 503) {
    form.querySelector("[data-refused]").textContent = error.message;
  } else {
    failed(error);
  }
}

/** A banner while the service does not answer: what is shown is of an earlier time, and dimmed. */
const gone = document.getElementById("gone");
let lastAnswer = new Date();
document.addEventListener("gone", () => {
  gone.textContent = `The service does not answer; retrying … What is shown is of ${lastAnswer.toLocaleTimeString()}.`;
  gone.hidden = false;
  main.classList.add("stale");
});
document.addEventListener("back", () => {
  lastAnswer = new Date();
  gone.hidden = true;
  main.classList.remove("stale");
});

/** The value of a colour of page.css. */
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Disables a button while its action runs, so that a double click acts once. */
export async function disableWhile(button, act) {
  button.disabled = true;
  try {
    return await act();
  } finally {
    button.disabled = false;
    if (document.activeElement === document.body) {
      button.focus(); // disabling it took the focus
    }
  }
}

/** Makes a link download a file with the token. */
export function prepareDownload(link, path, name, headers = {}) {
  link.href = ROOT + path;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    download(path, name, headers).catch(failed);
  });
  return link;
}

/** Whether a run is queued or running. */
export const isActive = (run) => ["queued", "running"].includes(run.state);

/** A new element with text. */
export function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** Fills a definition list, without empty values. */
export function describe(list, values) {
  list.replaceChildren(...Object.entries(values).filter(([, value]) => value).flatMap(
    ([name, value]) => [element("dt", name), element("dd", value)]));
}

/** Replaces the content of an element by a template. */
export function fill(place, name) {
  place.replaceChildren(document.getElementById(name).content.cloneNode(true));
}

/** Shows a template; returns its container. */
export function show(name, title) {
  fill(main, name);
  document.title = `${title} · charrnn`;
  return main;
}
