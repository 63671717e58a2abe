// The operations of the REST API, each with a line for curl.

import {element, failed, say, show} from "./view.js";

const METHODS = ["get", "post", "put", "delete"];
const DATA = {
  "application/json": "-d '{…}'",
  "application/yaml": "--data-binary @configuration.yml",
  "text/plain": "-T text.txt",
};

export async function showOperations(signal) {
  const view = show("operations-view", "API");
  const filter = view.querySelector("[name=filter]");
  try {
    const {default: api} = await import("./openapi.js");
    if (signal.aborted) {
      return;
    }
    view.querySelector("[data-about]").replaceChildren(...coded(flowing(api.info.description)));
    const panels = Object.entries(api.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => method in item).map((method) => panel(api, path, method, item)));
    view.querySelector("[data-operations]").replaceChildren(...panels);
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/);
      panels.forEach((each) => {
        const text = each.textContent.toLowerCase();
        each.hidden = !words.every((word) => text.includes(word));
      });
    });
  } catch (error) {
    failed(error);
  }
}

function panel(api, path, method, item) {
  const operation = item[method];
  const resolved = (part) => (part.$ref ? part.$ref.slice(2).split("/").reduce((place, name) => place[name], api) : part);
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolved);
  const content = Object.entries(operation.requestBody?.content ?? {});
  const keys = content.flatMap(([, {schema}]) => Object.entries(schema ? resolved(schema).properties ?? {} : {}));
  const made = element("section");
  made.className = "panel";
  const heading = element("h2");
  const verb = element("code", method.toUpperCase());
  heading.append(verb, " ", element("code", path));
  made.append(heading, element("p", operation.summary));
  const about = element("p");
  about.append(...coded([flowing(operation.description ?? "").trim(), `Role: ${operation["x-access"]}.`].filter(Boolean).join("\n")));
  about.className = "hint";
  made.append(about);
  const rows = [
    ...parameters.map(({name, in: place, required, description, schema}) => [name, required ? `${place}, required` : place, said(resolved(schema ?? {}), description)]),
    ...keys.map(([name, schema]) => [name, "body", said(resolved(schema), schema.description)]),
  ];
  if (rows.length > 0) {
    made.append(table(rows, `Parameters of ${operation.operationId}`));
  }
  const line = curl(operation, path, method, parameters, content[0]?.[0]);
  const row = element("div");
  row.className = "curl";
  const copy = element("button", "Copy");
  copy.ariaLabel = `Copy curl line of ${operation.operationId}`;
  const code = element("code", line);
  copy.addEventListener("click", () => {
    if (navigator.clipboard) {
      navigator.clipboard.writeText(line).then(() => say("Copied."), failed);
    } else { // over plain HTTP from another machine
      getSelection().selectAllChildren(code);
    }
  });
  row.append(code, copy);
  made.append(row);
  return made;
}

/** Without the line ends inside of paragraphs. */
const flowing = (text) => text.replace(/(?<!\n)\n(?!\n)/g, " ");

/** A text whose words between backticks are code. */
function coded(text) {
  return text.split("`").map((part, place) => (place % 2 === 1 ? element("code", part) : part));
}

function table(rows, name) {
  const scroll = element("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.role = "region";
  scroll.ariaLabel = name;
  const made = element("table");
  made.createTHead().insertRow().append(...["Name", "In", "Meaning"].map((word) => element("th", word)));
  const body = made.createTBody();
  rows.forEach(([name, ...cells]) => {
    const row = body.insertRow();
    row.insertCell().append(element("code", name));
    cells.forEach((text) => { row.insertCell().append(...coded(text)); });
  });
  scroll.append(made);
  return scroll;
}

/** What a schema says in words. */
function said({type, enum: words, minimum, maximum, default: usual, description}, about = description) {
  return [
    [about?.trim(), words?.join(", ")].filter(Boolean).join(": ") || [type].flat().filter(Boolean).join(" or "),
    minimum !== undefined && maximum !== undefined ? `from ${minimum} to ${maximum}` : "",
    usual === undefined ? "" : `default ${usual}`,
  ].filter(Boolean).join("; ");
}

/** In quotes where a shell needs them; with a token where the operation needs one. */
function curl(operation, path, method, parameters, type) {
  const query = parameters.filter((each) => each.in === "query" && each.required).map(({name}) => `${name}=${name.toUpperCase()}`);
  const url = new URL(".", location.href).href.replace(/\/$/, "") + path.replace(/\{(\w+)\}/g, (whole, name) => name.toUpperCase());
  return [
    "curl",
    method === "get" || (type === "text/plain") ? "" : `-X ${method.toUpperCase()}`,
    operation["x-access"] === "open" ? "" : "-H \"Authorization: Bearer $TRAINER_TOKEN\"",
    type && type !== "text/plain" ? `-H 'Content-Type: ${type}'` : "",
    type ? DATA[type] ?? "" : "",
    `'${url}${query.length ? `?${query.join("&")}` : ""}'`,
  ].filter(Boolean).join(" ");
}
