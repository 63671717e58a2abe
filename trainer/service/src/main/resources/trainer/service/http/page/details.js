// Provenance, resources and checkpoints of a run.

import {json, request} from "./api.js";
import * as format from "./format.js";
import {fillTable, link} from "./table.js";
import {describe, failed, isActive, prepareDownload} from "./view.js";

const PERIOD = 5000; // milliseconds between polls
const FIRST = 1500; // until there is something to show

/**
 * Returns a function to call with each state of the run; polls while the run is active, then once more. `known` is
 * called when its device is known.
 */
export function showDetails(view, id, signal, known) {
  let timer = 0;
  let seen = "";
  let active = false;
  let made = null;
  signal.addEventListener("abort", () => clearTimeout(timer));

  async function poll() {
    let period = FIRST;
    try {
      made = made ?? await found(`/runs/${id}/provenance`, signal);
      if (made) {
        describe(view.querySelector("[data-provenance]"), provenance(made));
        Object.assign(view.querySelector("[data-cards]").dataset, {device: made.device ?? "", engine: made.engine ?? ""});
        known();
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
      active = active && error.status !== 404; // deleted
    }
    clearTimeout(timer);
    if (active && !signal.aborted) {
      timer = setTimeout(poll, period);
    }
  }

  return (run) => {
    const now = `${run.state}, attempt ${run.attempt}`;
    if (now !== seen) {
      seen = now;
      active = isActive(run);
      made = null;
      poll();
    }
  };
}

/** Null if it does not exist yet. */
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
      (file) => `${file.path.replace(/^.*\//, "")}, ${format.whole(file.characters)} characters`
        + (file.unknown_characters ? ` (${format.whole(file.unknown_characters)} not in the vocabulary)` : "")
        + `, SHA-256 ${file.sha256}`).join("\n"),
    "Resumed": resumed ? `at iteration ${format.whole(resumed.iteration)}, ${format.time(resumed.time)}` : "",
  };
}

function resources(used, active) {
  return {
    "Device": used.device,
    "CPU": active && used.processors !== undefined ? `${Math.round(100 * used.processors)} % of one core` : "",
    "CPU time": format.shortTime(used.processor_seconds),
    "Memory": active && used.memory_bytes ? format.bytes(used.memory_bytes) : "",
    "Peak memory": used.peak_memory_bytes ? format.bytes(used.peak_memory_bytes) : "",
    "GPU": active && used.gpu_percent !== undefined ? `${used.gpu_percent} % of the time` : "",
    "GPU memory": active && used.gpu_memory_bytes ? format.bytes(used.gpu_memory_bytes) : "",
  };
}
