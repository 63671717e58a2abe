// The REST API. Problem documents become errors with their detail as message.

export const ROOT = "api/v1";
const TOKEN = "token";

/** Its message says what is wrong with the token; empty if none was sent. */
export class TokenNeeded extends Error {}

export function useToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

function withToken(headers) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? {...headers, Authorization: `Bearer ${token}`} : {...headers};
}

function refusal(status, problem) {
  if (status === 401) {
    return new TokenNeeded(sessionStorage.getItem(TOKEN) ? "Unknown token." : "");
  }
  return Object.assign(new Error(problem?.detail ?? problem?.error?.message ?? `the service answered ${status}`), {status});
}

/** No answer: the document gets the events `gone` and, when there is one again, `back`. */
export class Gone extends Error {}

/** Errors have the `status` of the response, if any. */
export async function request(path, options = {}, root = ROOT) {
  const response = await fetch(root + path, {...options, headers: withToken(options.headers)}).catch((error) => {
    if (error.name === "AbortError") {
      throw error;
    }
    document.dispatchEvent(new Event("gone"));
    throw new Gone("The service does not answer.");
  });
  document.dispatchEvent(new Event("back"));
  if (response.ok) {
    return response;
  }
  throw refusal(response.status, await response.json().catch(() => null));
}

export async function json(path, options) {
  return (await request(path, options)).json();
}

export function post(path, body = "", type = "application/json", headers = {}, signal) {
  return request(path, {method: "POST", body, signal, headers: {"Content-Type": type, ...headers}});
}

/** Uploads a file and reports progress to `sent`, which `fetch` cannot do. */
export function upload(path, file, sent, signal) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("PUT", ROOT + path);
    sending.responseType = "json";
    Object.entries(withToken({})).forEach(([name, value]) => sending.setRequestHeader(name, value));
    sending.upload.addEventListener("progress", ({loaded, total}) => sent(loaded / Math.max(total, 1)));
    sending.addEventListener("load", () => {
      if (sending.status < 300) {
        resolve(sending.response);
      } else {
        reject(refusal(sending.status, sending.response));
      }
    });
    sending.addEventListener("error", () => reject(
      new Error(`${file.name} was not uploaded: the connection was closed. Retry; the service's log may say why.`)));
    sending.addEventListener("abort", () => reject(new DOMException("left the view", "AbortError")));
    signal.addEventListener("abort", () => sending.abort());
    sending.send(file);
  });
}

/** Calls `handle(name, data)` for each event of a run. Returns true after the last event, false if the connection is lost. */
export async function subscribe(id, handle, signal) {
  const response = await request(`/runs/${id}/events`, {headers: {Accept: "text/event-stream"}, signal});
  for await (const event of serverSentEvents(response)) {
    const name = /^event: (.*)$/m.exec(event)?.[1];
    if (name === "end") {
      return true;
    }
    if (name) {
      handle(name, JSON.parse(data(event)));
    }
  }
  return false;
}

const data = (event) => /^data: (.*)$/m.exec(event)?.[1];

async function* serverSentEvents(response) {
  let text = "";
  for await (const part of decoded(response)) {
    text += part;
    const events = text.split("\n\n");
    text = events.pop();
    yield* events;
  }
}

/** Calls `handle(chunk)` for each part of a completion. */
export async function completion(body, handle, signal) {
  const response = await request("/completions", {
    method: "POST",
    body: JSON.stringify({...body, stream: true}),
    headers: {"Content-Type": "application/json"},
    signal,
  }, "v1");
  for await (const event of serverSentEvents(response)) {
    if (data(event) === "[DONE]") {
      return;
    }
    handle(JSON.parse(data(event)));
  }
  throw new Error("The connection was closed before the end of the text. Retry.");
}

/** Streams the text of a response. */
export async function* decoded(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    yield part.value;
  }
}

/** Saves a response as a file: a link could not send the token. */
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
