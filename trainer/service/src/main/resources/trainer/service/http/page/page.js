// Routes hash addresses to views.

import {json, useToken} from "./api.js";
import {showCompare} from "./compare.js";
import {showOperations} from "./operations.js";
import {MOST_COMPARED, showList} from "./list.js";
import {showModel, showModels, showVersion} from "./models.js";
import {showRun} from "./run.js";
import {showSchedule, showSchedules} from "./schedules.js";
import {showSweep, showSweeps} from "./sweeps.js";
import {say, show} from "./view.js";
import {showWebhooks} from "./webhooks.js";

const PLACES = [
  [/^#\/runs\/([A-Za-z0-9._-]+)(?:\/([a-z]+))?$/, showRun],
  [/^#\/\?(.*)$/, showList],
  [/^#\/new\/([A-Za-z0-9._-]+)$/, (like, signal) => showList("", signal, like)],
  [/^#\/compare\/([A-Za-z0-9._,-]+)$/, showCompareOf],
  [/^#\/models$/, showModels],
  [/^#\/models\/([A-Za-z0-9._-]+)$/, showModel],
  [/^#\/models\/([A-Za-z0-9._-]+)\/([0-9]+)(?:\/([a-z]+))?$/, showVersion],
  [/^#\/sweeps(?:\?after=([0-9]+))?$/, showSweeps],
  [/^#\/sweeps\/(sweep_[0-9a-z]{8})$/, showSweep],
  [/^#\/schedules$/, showSchedules],
  [/^#\/schedules\/([A-Za-z0-9._-]+)$/, showSchedule],
  [/^#\/webhooks$/, showWebhooks],
  [/^#\/api$/, showOperations],
];

let view = new AbortController();

function askForToken({detail}) {
  view.abort();
  const place = show("token-view", "Token");
  place.querySelector("[data-refused]").textContent = detail;
  const form = place.querySelector("form");
  form.elements.token.focus();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useToken(form.elements.token.value.trim());
    route();
  });
}

/** Ends a view whose run, model, … is not there. */
function showMissing({detail}) {
  view.abort();
  const place = show("missing-view", "Not there");
  place.querySelector("[data-missing]").textContent = detail;
  const all = place.querySelector("a");
  all.textContent = `All ${page()}`;
  all.href = page() === "runs" ? "#/" : `#/${page()}`;
}

function route() {
  view.abort();
  view = new AbortController();
  say("");
  markPage();
  for (const [place, showPlace] of PLACES) {
    const found = place.exec(location.hash);
    if (found) {
      showPlace(...found.slice(1), view.signal);
      return;
    }
  }
  showList("", view.signal);
}

/** The page of the navigation that the address belongs to. */
const page = () => /^#\/(models|schedules|sweeps|webhooks|api)/.exec(location.hash)?.[1] ?? "runs";

function markPage() {
  for (const link of document.querySelectorAll("[data-page]")) {
    link.ariaCurrent = link.dataset.page === page() ? "page" : null;
  }
}

/** The number of runs that are queued or running, in the navigation. */
async function count() {
  try {
    const {counts} = await json("/runs?limit=1");
    const place = document.querySelector("[data-active]");
    const active = counts.queued + counts.running;
    place.textContent = active;
    place.ariaLabel = `${active} queued or running`;
    place.hidden = active === 0;
  } catch (error) {
    // shown by the view
  }
  setTimeout(count, document.hidden ? 60_000 : 8000);
}

function showCompareOf(ids, signal) {
  showCompare([...new Set(ids.split(","))].slice(0, MOST_COMPARED), signal);
}

addEventListener("hashchange", () => {
  if (location.hash !== "#main") {
    route();
    document.getElementById("main").focus();
  }
});
document.addEventListener("token-needed", askForToken);
document.addEventListener("missing", showMissing);
route();
count();
