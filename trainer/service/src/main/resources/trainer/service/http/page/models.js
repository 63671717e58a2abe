// The registry: all models, and one with its versions and history.

import {json, post, request} from "./api.js";
import * as format from "./format.js";
import * as inside from "./inside.js";
import {badge, button, fillTable, link, repeat} from "./table.js";
import {prepareTabs} from "./tabs.js";
import * as text from "./text.js";
import {failed, say, show} from "./view.js";

const PERIOD = 4000; // milliseconds between polls

export function showModels(signal) {
  const view = show("models-view", "Models");
  repeat(async () => {
    try {
      const {models} = await json("/models", {signal});
      fillTable(
        view.querySelector("tbody"),
        ["", "champion", "champion's loss", "challenger", "versions"],
        models.map((model) => [
          link(model.name, `#/models/${model.name}`),
          model.champion ? `version ${model.champion.version}` : "none",
          format.loss(model.champion?.validation_loss ?? null),
          model.challenger ? `version ${model.challenger.version}` : "none",
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
        ? `version ${version.version}`
        : link(`version ${version.version}`, `#/models/${name}/${version.version}`),
      aliases,
      format.loss(version.validation_loss),
      link(version.run, `#/runs/${version.run}`),
      `${format.time(version.registered_at)} by ${version.registered_by}`,
      actions,
    ];
  }

  const poll = repeat(async () => {
    try {
      const [model, {history}] = await Promise.all(
        [json(`/models/${name}`, {signal}), json(`/models/${name}/history`, {signal})]);
      champion = model.champion?.version ?? 0;
      part("rollback").disabled = deciding || champion === 0;
      part("champion").textContent = model.champion
        ? `The champion is version ${champion}, SHA-256 ${model.champion.sha256}.`
        : "No champion yet.";
      fillTable(
        part("versions"),
        ["version", "", "validation loss", "run", "registered", ""],
        model.versions.map(versionRow));
      fillTable(
        part("history"),
        ["", "version", "reason", "previous champion", "by"],
        history.map((decision) => [
          badge(decision.kind),
          `version ${decision.version}`,
          decision.reason,
          decision.champion_before === null ? "none" : `version ${decision.champion_before}`,
          `${decision.decided_by}, ${format.time(decision.decided_at)}`,
        ]));
    } catch (error) {
      failed(error);
    }
  }, PERIOD, signal);

  part("delete").addEventListener("click", remove);
  part("rollback").addEventListener("click", () => decide("rollback", {}, "The champion is again version"));
}

/** Writes with a version, and looks inside it. @param tab to show, `undefined`: the first */
export function showVersion(name, version, tab, signal) {
  const view = show("version-view", `${name} ${version}`);
  view.querySelector("[data-version]").append(link(name, `#/models/${name}`), ` version ${version}`);
  const model = {id: `${name}@${version}`, path: `/models/${name}/versions/${version}`};
  const modules = {text, inside};
  prepareTabs(view, `#/models/${name}/${version}`, tab, (word) =>
    modules[word].show(view.querySelector(`#panel-${word}`), model, {signal}));
}
