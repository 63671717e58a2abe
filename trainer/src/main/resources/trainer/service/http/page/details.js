// What made a run, and what its process uses.

import {request} from "./api.js";
import * as format from "./format.js";
import {describe, failed} from "./view.js";

const PERIOD = 5000; // milliseconds between two looks at the process
const FIRST = 1500; // until there is something to see

/** Shows both as soon as they are there; `active` says whether the run is under way. */
export function showDetails(view, id, active, signal) {
  let timer = 0;
  let made = null;
  signal.addEventListener("abort", () => clearTimeout(timer));

  async function look() {
    made = made ?? await found(`/runs/${id}/provenance`, signal);
    if (made) {
      describe(view.querySelector("[data-provenance]"), provenance(made));
    }
    const used = await found(`/runs/${id}/resources`, signal);
    if (used) {
      describe(view.querySelector("[data-resources]"), resources(used, active()));
    }
    if (!signal.aborted) {
      timer = setTimeout(look, made && used ? PERIOD : FIRST);
    }
  }
  look();
}

/** Null where it is not there yet. */
async function found(path, signal) {
  try {
    const answer = await request(path, {signal});
    return answer.status === 204 ? null : await answer.json();
  } catch (error) {
    failed(error);
    return null;
  }
}

function provenance(made) {
  const resumed = made.resumed?.at(-1);
  return {
    "Program": made.program,
    "Commit": made.commit ? made.commit + (made.uncommitted_changes ? ", with uncommitted changes" : "") : "",
    "Engine": made.engine ?? "",
    "Device": made.device ?? "",
    "Machine": [made.processor, made.cores ? `${made.cores} cores` : "", made.system].filter(Boolean).join(", "),
    "Java": made.java ?? "",
    "Seed": made.seed === undefined ? "" : String(made.seed),
    "Text": (made.corpus ?? []).map(
      (file) => `${file.path.replace(/^.*\//, "")}, ${format.whole(file.characters)} characters, SHA-256 ${file.sha256}`).join("\n"),
    "Resumed": resumed ? `at iteration ${format.whole(resumed.iteration)}, ${format.time(resumed.time)}` : "",
  };
}

function resources(used, active) {
  return {
    "Device": used.device,
    "Processors": active && used.processors !== undefined ? `${used.processors.toFixed(2)} busy` : "",
    "Processor time": format.shortTime(used.processor_seconds),
    "Memory": active && used.memory_bytes ? format.bytes(used.memory_bytes) : "",
    "Peak memory": used.peak_memory_bytes ? format.bytes(used.peak_memory_bytes) : "",
  };
}
