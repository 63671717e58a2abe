// Routes hash addresses to views.

import {useToken} from "./api.js";
import {showCompare} from "./compare.js";
import {MOST_COMPARED, showList} from "./list.js";
import {showModel, showModels, showVersion} from "./models.js";
import {showRun} from "./run.js";
import {showSchedule, showSchedules} from "./schedules.js";
import {say, show} from "./view.js";

const PLACES = [
  [/^#\/runs\/([A-Za-z0-9._-]+)(?:\/([a-z]+))?$/, showRun],
  [/^#\/\?after=([0-9]+)$/, showList],
  [/^#\/compare\/([A-Za-z0-9._,-]+)$/, showCompareOf],
  [/^#\/models$/, showModels],
  [/^#\/models\/([A-Za-z0-9._-]+)$/, showModel],
  [/^#\/models\/([A-Za-z0-9._-]+)\/([0-9]+)(?:\/([a-z]+))?$/, showVersion],
  [/^#\/schedules$/, showSchedules],
  [/^#\/schedules\/([A-Za-z0-9._-]+)$/, showSchedule],
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

function route() {
  view.abort();
  view = new AbortController();
  say("");
  for (const [place, showPlace] of PLACES) {
    const found = place.exec(location.hash);
    if (found) {
      showPlace(...found.slice(1), view.signal);
      return;
    }
  }
  showList(null, view.signal);
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
route();
