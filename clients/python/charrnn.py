"""A client of the training service: this file, Python 3.9 or later, and nothing else.

    from charrnn import Client

    client = Client("http://127.0.0.1:8080")    # default: TRAINER_SERVER, and TRAINER_TOKEN
    run = client.submit("configs/tiny.yml")
    client.follow(run["id"])                     # prints its progress until it ends
    print(client.generate(run["id"], "The ", length=200))

Answers are dictionaries as the service's openapi.yaml describes them. `call` makes any request by its
operationId; the other methods are the frequent ones. A refusal is a ServiceError.
"""

import http.client
import json
import os
import pathlib
import urllib.error
import urllib.parse
import urllib.request
import uuid

OPERATIONS = {
    "isAlive": ("GET", "/healthz"),
    "isReady": ("GET", "/readyz"),
    "prometheus": ("GET", "/metrics"),
    "description": ("GET", "/api/v1/openapi.yaml"),
    "listDatasets": ("GET", "/api/v1/datasets"),
    "uploadDataset": ("PUT", "/api/v1/datasets/{name}"),
    "deleteDataset": ("DELETE", "/api/v1/datasets/{name}"),
    "listDevices": ("GET", "/api/v1/devices"),
    "listRuns": ("GET", "/api/v1/runs"),
    "planRun": ("POST", "/api/v1/plan"),
    "submitRun": ("POST", "/api/v1/runs"),
    "compareRuns": ("GET", "/api/v1/compare"),
    "showRun": ("GET", "/api/v1/runs/{id}"),
    "deleteRun": ("DELETE", "/api/v1/runs/{id}"),
    "cancelRun": ("POST", "/api/v1/runs/{id}/cancel"),
    "resumeRun": ("POST", "/api/v1/runs/{id}/resume"),
    "runConfiguration": ("GET", "/api/v1/runs/{id}/configuration"),
    "runMetrics": ("GET", "/api/v1/runs/{id}/metrics"),
    "watchRun": ("GET", "/api/v1/runs/{id}/events"),
    "runCurves": ("GET", "/api/v1/runs/{id}/curves"),
    "labelRun": ("PUT", "/api/v1/runs/{id}/labels"),
    "runSamples": ("GET", "/api/v1/runs/{id}/samples"),
    "runLog": ("GET", "/api/v1/runs/{id}/log"),
    "runCurve": ("GET", "/api/v1/runs/{id}/loss.svg"),
    "runPicture": ("GET", "/api/v1/runs/{id}/loss.png"),
    "runProvenance": ("GET", "/api/v1/runs/{id}/provenance"),
    "runResources": ("GET", "/api/v1/runs/{id}/resources"),
    "runModel": ("GET", "/api/v1/runs/{id}/model.zip"),
    "listCheckpoints": ("GET", "/api/v1/runs/{id}/checkpoints"),
    "runCheckpoint": ("GET", "/api/v1/runs/{id}/checkpoints/{name}"),
    "generate": ("POST", "/api/v1/runs/{id}/generate"),
    "explain": ("POST", "/api/v1/runs/{id}/explain"),
    "complete": ("POST", "/v1/completions"),
    "completionModels": ("GET", "/v1/models"),
    "completionModel": ("GET", "/v1/models/{model}"),
    "listSweeps": ("GET", "/api/v1/sweeps"),
    "submitSweep": ("POST", "/api/v1/sweeps"),
    "showSweep": ("GET", "/api/v1/sweeps/{id}"),
    "deleteSweep": ("DELETE", "/api/v1/sweeps/{id}"),
    "sweepCurves": ("GET", "/api/v1/sweeps/{id}/curves"),
    "cancelSweep": ("POST", "/api/v1/sweeps/{id}/cancel"),
    "listModels": ("GET", "/api/v1/models"),
    "showModel": ("GET", "/api/v1/models/{name}"),
    "deleteModel": ("DELETE", "/api/v1/models/{name}"),
    "modelHistory": ("GET", "/api/v1/models/{name}/history"),
    "registerVersion": ("POST", "/api/v1/models/{name}/versions"),
    "showVersion": ("GET", "/api/v1/models/{name}/versions/{version}"),
    "deleteVersion": ("DELETE", "/api/v1/models/{name}/versions/{version}"),
    "versionModel": ("GET", "/api/v1/models/{name}/versions/{version}/model.zip"),
    "versionVocabulary": ("GET", "/api/v1/models/{name}/versions/{version}/vocabulary.json"),
    "generateWithVersion": ("POST", "/api/v1/models/{name}/versions/{version}/generate"),
    "explainVersion": ("POST", "/api/v1/models/{name}/versions/{version}/explain"),
    "promote": ("POST", "/api/v1/models/{name}/promote"),
    "rollBack": ("POST", "/api/v1/models/{name}/rollback"),
    "listSchedules": ("GET", "/api/v1/schedules"),
    "createSchedule": ("POST", "/api/v1/schedules"),
    "showSchedule": ("GET", "/api/v1/schedules/{name}"),
    "changeSchedule": ("PUT", "/api/v1/schedules/{name}"),
    "deleteSchedule": ("DELETE", "/api/v1/schedules/{name}"),
    "triggerSchedule": ("POST", "/api/v1/schedules/{name}/trigger"),
    "pauseSchedule": ("POST", "/api/v1/schedules/{name}/pause"),
    "resumeSchedule": ("POST", "/api/v1/schedules/{name}/resume"),
    "scheduleHistory": ("GET", "/api/v1/schedules/{name}/firings"),
    "listWebhooks": ("GET", "/api/v1/webhooks"),
    "createWebhook": ("POST", "/api/v1/webhooks"),
    "deleteWebhook": ("DELETE", "/api/v1/webhooks/{number}"),
    "webhookDeliveries": ("GET", "/api/v1/webhooks/{number}/deliveries"),
}


# A lost connection.
LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class ServiceError(Exception):
    """The service refused a request: its reason, the HTTP status, and the whole problem document."""

    def __init__(self, status, problem):
        reason = problem.get("detail") or problem.get("error") or problem.get("title")
        if isinstance(reason, dict):  # below /v1
            reason = reason.get("message")
        super().__init__(reason or f"HTTP {status}")
        self.status = status
        self.problem = problem


class Client:
    """A connection to a service.

    server: its address; default: the variable TRAINER_SERVER, or http://127.0.0.1:8080
    token: default: the variable TRAINER_TOKEN, or none
    timeout: seconds without an answer before urllib.error.URLError or TimeoutError
    """

    def __init__(self, server=None, token=None, timeout=60):
        self.server = (server or os.environ.get("TRAINER_SERVER") or "http://127.0.0.1:8080").rstrip("/")
        self.token = token or os.environ.get("TRAINER_TOKEN")
        self.timeout = timeout

    def open(self, operation, body=None, content="application/json", headers=(), **parameters):
        """Makes a request and returns the response, a file of bytes.

        operation: an operationId of openapi.yaml
        body: bytes, or a value that becomes JSON
        parameters: those of the path; the others become the query, a list for a repeated one
        """
        if operation not in OPERATIONS:
            raise ValueError("%r is no operation of the service: see OPERATIONS" % operation)
        method, path = OPERATIONS[operation]
        for name in [name for name in parameters if "{%s}" % name in path]:
            value = urllib.parse.quote(str(parameters.pop(name)), safe="")
            path = path.replace("{%s}" % name, value)
        query = {name: value for name, value in parameters.items() if value is not None}
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, dict(headers), method=method)
        if data is not None:
            request.add_header("Content-Type", content)
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        try:
            return urllib.request.urlopen(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            try:
                problem = json.loads(text)
            except ValueError:
                problem = {"detail": text}
            raise ServiceError(error.code, problem) from None

    def call(self, operation, body=None, **parameters):
        """Makes a request and returns its answer: a value for JSON, bytes for files, else a text."""
        with self.open(operation, body, **parameters) as response:
            data = response.read()
            kind = response.headers.get_content_type()
        if kind == "application/json":
            return json.loads(data)
        binary = kind in ("application/zip", "application/octet-stream", "image/png")
        return data if binary else data.decode() or None

    def submit(self, configuration, name=None, priority=None, init_from=None, fork=None):
        """Submits a run, once even if the answer is lost on the way, and returns it.

        configuration: the path of a YAML file, or a dictionary
        fork: "ID@ITERATION", the run and checkpoint that it continues
        """
        if isinstance(configuration, dict):
            body, content = json.dumps(configuration).encode(), "application/json"
        else:
            file = pathlib.Path(configuration)
            body, content, name = file.read_bytes(), "application/yaml", name or file.stem
        key = {"Idempotency-Key": str(uuid.uuid4())}
        query = {"name": name, "priority": priority, "init_from": init_from, "fork": fork}
        for last in (False, True):
            try:
                with self.open("submitRun", body, content, key, **query) as response:
                    return json.load(response)
            except LOST:
                if last:
                    raise

    def runs(self, state=None, limit=50):
        """The newest runs."""
        return self.call("listRuns", state=state, limit=limit)["runs"]

    def run(self, id):
        """A run."""
        return self.call("showRun", id=id)

    def cancel(self, id):
        """Cancels a run; a running one saves a checkpoint first."""
        return self.call("cancelRun", id=id)

    def resume(self, id):
        """Resumes a run that failed, or was cancelled or interrupted."""
        return self.call("resumeRun", id=id)

    def metrics(self, id, points=None):
        """The metrics of a run: rows_in_all, their number, and rows, a dictionary for each row of metrics.csv.

        points: 6 to 4000, at most so many rows, the lowest and highest losses among them; default: all
        """
        return self.call("runMetrics", id=id, points=points)

    def generate(self, id, prompt=None, **settings):
        """Continues a prompt with the best checkpoint of a run.

        settings: length, temperature, top_k, top_p, seed, stop
        """
        return self.call("generate", {"prime": prompt, **settings}, id=id)

    def explain(self, id, text, **parts):
        """What a run has learned, on a text: the surprise of each character.

        parts: units, gates, lag, map
        """
        return self.call("explain", {"text": text, **parts}, id=id)

    def download(self, id, file):
        """Saves the result of a run, a Deeplearning4j model."""
        pathlib.Path(file).write_bytes(self.call("runModel", id=id))

    def watch(self, id):
        """The events of a run, as they come, until it ends: pairs of a kind and a dictionary.

        Kinds are state, metrics, sample, log and end. After a lost connection, which is made again up to
        five times without news, the first event of each kind has everything so far, and `replace` is true.
        """
        failures, seen = 0, set()
        while True:
            again = set(seen)
            try:
                accept = {"Accept": "text/event-stream"}
                with self.open("watchRun", headers=accept, id=id) as stream:
                    kind = ""
                    for line in stream:
                        text = line.decode().rstrip("\r\n")
                        if text.startswith("event:"):
                            kind = text[6:].strip()
                        elif text.startswith("data:") and kind:
                            data = json.loads(text[5:] or "null")
                            if kind in again and isinstance(data, dict) and "replace" in data:
                                data["replace"] = True
                                again.discard(kind)
                            seen.add(kind)
                            failures = 0
                            yield kind, data
                            if kind == "end":
                                return
            except LOST:
                pass
            failures += 1
            if failures > 5:
                raise ConnectionError(f"{self.server}: the connection was lost {failures} times")

    def follow(self, id, show=print):
        """Shows the progress of a run until it ends, and returns the run; `show` receives the lines."""
        state = None
        for kind, data in self.watch(id):
            if kind == "state" and data["state"] != state:
                state = data["state"]
                if state in ("queued", "running"):
                    show("%s: %s" % (id, state))
            elif kind == "metrics":
                for row in data["rows"][-1:]:
                    show(", ".join("%s %s" % item for item in row.items() if item[1] is not None))
        run = self.run(id)
        show("%s: %s" % (id, run["state"]))  # after the last rows
        return run
