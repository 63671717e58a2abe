// What the page asks of the service. Problems become errors whose message a person can act on.

const ROOT = "api/v1";
const TOKEN = "token";

export class TokenNeeded extends Error {}

export function useToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

export async function request(path, options = {}) {
  const headers = {...options.headers};
  const token = sessionStorage.getItem(TOKEN);
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  const response = await fetch(ROOT + path, {...options, headers});
  if (response.ok) {
    return response;
  }
  if (response.status === 401) {
    throw new TokenNeeded("the service needs a token");
  }
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? `the service answers ${response.status}`);
}

export async function json(path, options) {
  return (await request(path, options)).json();
}

export function post(path, body = "", type = "application/json", headers = {}, signal) {
  return request(path, {method: "POST", body, signal, headers: {"Content-Type": type, ...headers}});
}

/** Calls `told(name, data)` for each event of a run until its end or until `signal` is aborted. */
export async function watch(id, told, signal) {
  const response = await request(`/runs/${id}/events`, {headers: {Accept: "text/event-stream"}, signal});
  let text = "";
  for await (const part of decoded(response)) {
    text += part;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name === "end") {
        return true;
      }
      if (name) {
        told(name, JSON.parse(data));
      }
    }
  }
  return false;
}

/** The text of an answer as it comes. */
export async function* decoded(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    yield part.value;
  }
}

/** Saves an answer as a file: a link could not send the token. */
export async function download(path, name, headers) {
  saveAs(await (await request(path, {headers})).blob(), name);
}

/** Saves text or a blob as a file. */
export function saveAs(content, name) {
  const blob = content instanceof Blob ? content : new Blob([content], {type: "text/plain"});
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
