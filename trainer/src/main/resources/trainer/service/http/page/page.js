// Which view is shown.

import {useToken} from "./api.js";
import {showCompare} from "./compare.js";
import {MOST_COMPARED, showList} from "./list.js";
import {showRun} from "./run.js";
import {say, show} from "./view.js";

let view = new AbortController();

function askForToken() {
  view.abort();
  const form = show("token-view", "Token").querySelector("form");
  form.elements.token.focus();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    useToken(form.elements.token.value);
    route();
  });
}

function route() {
  view.abort();
  view = new AbortController();
  say("");
  const run = /^#\/runs\/([A-Za-z0-9._-]+)$/.exec(location.hash);
  const compare = /^#\/compare\/([A-Za-z0-9._,-]+)$/.exec(location.hash);
  const older = /^#\/\?after=([0-9]+)$/.exec(location.hash);
  if (run) {
    showRun(run[1], view.signal);
  } else if (compare) {
    showCompare([...new Set(compare[1].split(","))].slice(0, MOST_COMPARED), view.signal);
  } else {
    showList(older?.[1] ?? null, view.signal);
  }
}

addEventListener("hashchange", () => {
  if (location.hash !== "#main") {
    route();
    document.getElementById("main").focus();
  }
});
document.addEventListener("token-needed", askForToken);
route();
