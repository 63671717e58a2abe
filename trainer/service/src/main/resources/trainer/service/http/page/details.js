// What made a run, what its process uses, and the checkpoints that it has.

import {json, request} from "./api.js";
import * as format from "./format.js";
import {fillTable, link} from "./table.js";
import {describe, failed, isActive, prepareDownload} from "./view.js";

const PERIOD = 5000; // milliseconds between two looks
const FIRST = 1500; // until there is something to see

/** Returns a function that is to be told of the run: while it is under way this looks again and again, then once. */
export function showDetails(view, id, signal) {
  let timer = 0;
  let seen = "";
  let active = false;
  let made = null;
  signal.addEventListener("abort", () => clearTimeout(timer));

  async function look() {
    let period = FIRST;
    try {
      made = made ?? await found(`/runs/${id}/provenance`, signal);
      if (made) {
        describe(view.querySelector("[data-provenance]"), provenance(made));
      }
      const used = await found(`/runs/${id}/resources`, signal);
      if (used) {
        describe(view.querySelector("[data-resources]"), resources(used, active));
      }
      const {checkpoints} = await json(`/runs/${id}/checkpoints`, {signal});
      showCheckpoints(view.querySelector("[data-checkpoints]"), id, checkpoints);
      period = made && used ? PERIOD : FIRST;
    } catch (error) {
      failed(error);
      active = active && error.status !== 404; // it has been deleted
    }
    clearTimeout(timer);
    if (active && !signal.aborted) {
      timer = setTimeout(look, period);
    }
  }

  return (run) => {
    const now = `${run.state}, attempt ${run.attempt}`;
    if (now !== seen) {
      seen = now;
      active = isActive(run);
      made = null;
      look();
    }
  };
}

/** Null where it is not there yet. */
async function found(path, signal) {
  const answer = await request(path, {signal});
  return answer.status === 204 ? null : answer.json();
}

function showCheckpoints(place, id, checkpoints) {
  place.hidden = checkpoints.length === 0;
  fillTable(
    place.querySelector("tbody"),
    ["", "", "written"],
    checkpoints.map(({name, bytes, written_at: written}) => [
      prepareDownload(link(name, ""), `/runs/${id}/checkpoints/${name}`, `${id}-${name}`),
      format.bytes(bytes),
      format.time(written),
    ]));
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
