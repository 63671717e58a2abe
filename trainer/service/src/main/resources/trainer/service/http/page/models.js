// The registry: all models, and one with its versions and history.

import {json, post, request} from "./api.js";
import * as format from "./format.js";
import * as inside from "./inside.js";
import {badge, button, fillTable, link, repeat} from "./table.js";
import {prepareTabs} from "./tabs.js";
import * as text from "./text.js";
import {element, failed, lost, prepareDownload, say, show} from "./view.js";

const PERIOD = 4000; // milliseconds between polls

export function showModels(signal) {
  const view = show("models-view", "Models");
  repeat(async () => {
    try {
      const {models} = await json("/models", {signal});
      fillTable(
        view.querySelector("tbody"),
        ["", "champion", "its loss", "challenger", "its loss", "versions"],
        models.map((model) => [
          link(model.name, `#/models/${model.name}`),
          model.champion ? `version ${model.champion.version}` : "none",
          format.loss(model.champion?.validation_loss ?? null),
          model.challenger ? `version ${model.challenger.version}` : "none",
          format.loss(model.challenger?.validation_loss),
          format.whole(model.versions_in_all),
        ]));
      view.querySelector(".empty").hidden = models.length > 0;
    } catch (error) {
      failed(error);
    }
  }, PERIOD, signal);
}

export function showModel(name, signal) {
  const view = show("model-view", name);
  const part = (key) => view.querySelector(`[data-${key}]`);
  const reason = view.querySelector("[name=reason]");
  part("name").textContent = name;
  let champion = 0; // as shown; 0: none
  let deciding = false;

  async function decide(path, body, done) {
    if (deciding) {
      return;
    }
    if (!reason.value.trim()) {
      reason.focus();
      say("Enter a reason; it is kept in the history.");
      return;
    }
    const asked = {...body, expected_champion: champion, reason: reason.value};
    setDeciding(true);
    try {
      const decision = await (await post(`/models/${name}/${path}`, JSON.stringify(asked))).json();
      reason.value = "";
      say(`${done} ${decision.version}.`);
    } catch (error) {
      failed(error);
    }
    await poll();
    if (!signal.aborted) {
      setDeciding(false);
      reason.focus(); // the pressed button was replaced
    }
  }

  async function removeVersion(version) {
    if (confirm(`Delete the files of version ${version}?`)) {
      try {
        await request(`/models/${name}/versions/${version}`, {method: "DELETE"});
      } catch (error) {
        failed(error);
      }
      await poll();
    }
  }

  async function remove() {
    if (confirm(`Delete the model ${name} with all its files?`)) {
      try {
        await request(`/models/${name}`, {method: "DELETE"});
        location.hash = "#/models";
      } catch (error) {
        failed(error);
      }
    }
  }

  function setDeciding(value) {
    deciding = value;
    view.querySelectorAll("button").forEach((each) => { each.disabled = value; });
    part("rollback").disabled = value || champion === 0;
  }

  function files(version) {
    const made = document.createElement("span");
    if (!version.deleted_at) {
      const path = `/models/${name}/versions/${version.version}`;
      const file = `${name}-${version.version}`;
      made.append(
        prepareDownload(link("model", ""), `${path}/model.zip`, `${file}.zip`), ` ${format.bytes(version.bytes)} · `,
        prepareDownload(link("vocabulary", ""), `${path}/vocabulary.json`, `${file}.vocabulary.json`));
      made.title = `SHA-256 ${version.sha256}`;
    }
    return made;
  }

  function versionRow(version) {
    const actions = document.createElement("span");
    if (version.deleted_at) {
      actions.textContent = `files deleted ${format.time(version.deleted_at)}`;
    } else if (!version.aliases.includes("champion")) {
      const promote = button("Promote", () => decide(
        "promote",
        {version: version.version},
        "The champion is now version"));
      promote.ariaLabel = `Promote version ${version.version}`;
      const remove = button("Delete", () => removeVersion(version.version));
      remove.ariaLabel = `Delete version ${version.version}`;
      promote.disabled = deciding;
      remove.disabled = deciding;
      actions.append(promote, " ", remove);
    }
    const aliases = document.createElement("span");
    version.aliases.forEach((alias) => aliases.append(badge(alias), " "));
    return [
      version.deleted_at
        ? String(version.version)
        : link(String(version.version), `#/models/${name}/${version.version}`),
      aliases,
      format.loss(version.validation_loss),
      link(version.run, `#/runs/${version.run}`),
      files(version),
      `${format.ago(version.registered_at)} by ${version.registered_by}`,
      actions,
    ];
  }

  const poll = repeat(async () => {
    try {
      const [model, {history}] = await Promise.all(
        [json(`/models/${name}`, {signal}), json(`/models/${name}/history`, {signal})]);
      champion = model.champion?.version ?? 0;
      part("rollback").disabled = deciding || champion === 0;
      part("champion").textContent = model.champion ? "" : "No champion yet: promote a version.";
      showCards(part("cards"), model);
      const rivals = [model.champion?.run, model.challenger?.run].filter(Boolean);
      part("compare").hidden = new Set(rivals).size < 2;
      part("compare").href = `#/compare/${rivals.join(",")}`;
      fillTable(
        part("versions"),
        ["version", "", "best validation loss", "run", "files", "registered", ""],
        model.versions.map(versionRow));
      fillTable(
        part("history"),
        ["", "version", "reason", "previous champion", "by"],
        history.map((decision) => [
          badge(decision.kind),
          String(decision.version),
          decision.reason,
          decision.champion_before === null ? "none" : `version ${decision.champion_before}`,
          `${decision.decided_by}, ${format.time(decision.decided_at)}`,
        ]));
    } catch (error) {
      lost(error);
    }
  }, PERIOD, signal);

  part("delete").addEventListener("click", remove);
  part("rollback").addEventListener("click", () => decide("rollback", {}, "The champion is again version"));
}

/** Champion and challenger, side by side. */
function showCards(place, {champion, challenger}) {
  place.hidden = !champion && !challenger;
  place.replaceChildren(...Object.entries({champion, challenger}).filter(([, version]) => version).map(([alias, version]) => {
    const card = element("div");
    const loss = version.validation_loss;
    card.append(element("dt", `${alias}, version ${version.version}`), element("dd", format.loss(loss) || "not measured"));
    const notes = [
      loss === null ? "" : `${format.bits(loss)} · iteration ${format.whole(version.iteration)}`,
      alias === "challenger" && champion && loss !== null && champion.validation_loss !== null
        ? `${Math.abs(loss - champion.validation_loss).toFixed(4)} nats ${loss < champion.validation_loss ? "lower" : "higher"} than the champion, each on its own validation split`
        : "",
    ];
    notes.filter(Boolean).forEach((note) => {
      const line = element("dd", note);
      line.className = "hint";
      card.append(line);
    });
    return card;
  }));
}

/** Writes with a version, and looks inside it. @param tab to show, `undefined`: the first */
export function showVersion(name, version, tab, signal) {
  const view = show("version-view", `${name} ${version}`);
  view.querySelector("[data-version]").append(link(name, `#/models/${name}`), ` version ${version}`);
  const model = {id: `${name}@${version}`, path: `/models/${name}/versions/${version}`};
  json(model.path, {signal}).catch(lost);
  const modules = {text, inside};
  prepareTabs(view, `#/models/${name}/${version}`, tab, (word) =>
    modules[word].show(view.querySelector(`#panel-${word}`), model, {signal}));
}
