// The texts that runs can be trained on: those of the service, and new ones from this machine.

import {json, TokenNeeded, upload} from "./api.js";
import * as format from "./format.js";
import {disableWhile, failed} from "./view.js";

const NAME_CHARACTERS = 100;

/** Lists the texts whenever `panel` is opened; what is chosen in it or dropped there is uploaded. */
export function prepareTexts(panel, signal) {
  const chooser = panel.querySelector("[name=texts]");
  const place = chooser.parentElement;
  const bar = panel.querySelector("[data-sent]");
  const state = panel.querySelector("[data-upload]");

  async function look() {
    const found = await json("/datasets", {signal});
    const names = found.datasets.map((dataset) => dataset.name);
    panel.querySelector("[data-datasets]").textContent = names.join(", ") || "none";
    place.hidden = found.upload_bytes === 0;
    return {names, most: found.upload_bytes};
  }

  async function send(file) {
    const name = nameOf(file);
    const {names, most} = await look();
    // Asked here: a service that refuses while a text is being sent closes the connection, and no answer arrives.
    if (file.size > most) {
      throw new Error(`${file.name} has ${format.whole(file.size)} bytes: this service takes at most ${format.whole(most)}.`);
    }
    const replace = names.includes(name);
    if (replace && !confirm(`${name} is there already. Replace it?`)) {
      throw new Error(`${name} is there already and stays as it is: give the file another name.`);
    }
    bar.value = 0;
    bar.hidden = false;
    state.textContent = `${name}, ${format.bytes(file.size)}, is being sent…`;
    const path = `/datasets/${name}${replace ? "?replace=true" : ""}`;
    await upload(path, file, (share) => { bar.value = share; }, signal);
    await look();
    state.textContent = `${name} is there: the configuration names it with “corpus: ${name}”.`;
  }

  async function sendAll(files) {
    if (chooser.disabled) {
      return; // others are being sent
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

  panel.addEventListener("toggle", () => panel.open && look().catch(failed));
  chooser.addEventListener("change", () => sendAll([...chooser.files]));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    sendAll([...event.dataTransfer.files]);
  });
}

/** Of the form that the service takes. */
function nameOf(file) {
  const name = file.name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "");
  return name.slice(-NAME_CHARACTERS).replace(/^\.+/, "") || "text.txt";
}
