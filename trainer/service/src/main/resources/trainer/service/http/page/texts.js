// The training texts of the service, and uploads.

import {json, request, TokenNeeded, upload} from "./api.js";
import * as format from "./format.js";
import {button, fillTable} from "./table.js";
import {disableWhile, failed} from "./view.js";

const NAME_CHARACTERS = 100;

/** Returns a function that lists the texts and returns their names; uploads files that are chosen or dropped in `panel`. */
export function prepareTexts(panel, signal) {
  const chooser = panel.querySelector("[name=texts]");
  const place = chooser.parentElement;
  const bar = panel.querySelector("[data-sent]");
  const state = panel.querySelector("[data-upload]");

  async function list() {
    const found = await json("/datasets", {signal});
    const names = found.datasets.map((dataset) => dataset.name);
    place.hidden = found.upload_bytes === 0;
    fillTable(
      panel.querySelector("[data-datasets]"),
      ["", "", ""],
      [
        ...found.datasets.map(({name, bytes}) => [name, format.bytes(bytes), place.hidden ? "" : remover(name)]),
        ...(found.unlisted ? [[`${found.unlisted} whose names the service's locale cannot express`, "", ""]] : []),
      ]);
    return {names, most: found.upload_bytes};
  }

  function remover(name) {
    const made = button("Delete", async () => {
      if (confirm(`Delete ${name}? Runs and schedules that read it will fail.`)) {
        try {
          await request(`/datasets/${encodeURIComponent(name)}`, {method: "DELETE"});
        } catch (error) {
          failed(error);
        }
        await list().catch(failed);
      }
    });
    made.ariaLabel = `Delete ${name}`;
    return made;
  }

  async function send(file) {
    const name = nameOf(file);
    const {names, most} = await list();
    // Checked here: if the service refuses during the upload, it closes the connection and the answer is lost.
    if (file.size > most) {
      throw new Error(`${file.name} has ${format.whole(file.size)} bytes: this service accepts at most ${format.whole(most)}.`);
    }
    const replace = names.includes(name);
    if (replace && !confirm(`${name} exists. Replace it?`)) {
      throw new Error(`${name} exists and was not replaced: rename the file.`);
    }
    bar.value = 0;
    bar.hidden = false;
    state.textContent = `${name}, ${format.bytes(file.size)}, uploading…`;
    const path = `/datasets/${name}${replace ? "?replace=true" : ""}`;
    await upload(path, file, (share) => { bar.value = share; }, signal);
    await list();
    state.textContent = `${name} is uploaded: use it in the configuration with “corpus: ${name}”.`;
  }

  async function sendAll(files) {
    if (chooser.disabled) {
      return; // another upload is running
    }
    try {
      await disableWhile(chooser, async () => {
        for (const file of files) {
          await send(file);
        }
      });
    } catch (error) {
      state.textContent = error.message;
      if (error instanceof TokenNeeded) {
        failed(error);
      }
    } finally {
      bar.hidden = true;
      chooser.value = ""; // so that the same file can be chosen again
    }
  }

  chooser.addEventListener("change", () => sendAll([...chooser.files]));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    sendAll([...event.dataTransfer.files]);
  });
  return () => list().then(({names}) => names).catch(failed);
}

/** A name that the service accepts. */
function nameOf(file) {
  const name = file.name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[.-]+/, "");
  return name.slice(-NAME_CHARACTERS).replace(/^[.-]+/, "") || "text.txt";
}
