"""Uses a service through clients/python/charrnn.py, and runs the notebook beside it.

python client_check.py CLIENT_FOLDER http://127.0.0.1:PORT CONFIG
"""

import http.server
import json
import pathlib
import sys
import threading

sys.dont_write_bytecode = True
folder, address, configuration = sys.argv[1:]
sys.path.insert(0, folder)
from charrnn import Client, ServiceError

client = Client(address)
try:
    client.call("nonsense")
    raise AssertionError("an unknown operation")
except ValueError as error:
    assert str(error) == "'nonsense' is no operation of the service: see OPERATIONS", error
run = client.submit(configuration)
assert run["state"] == "queued", run
shown = []
assert client.follow(run["id"], shown.append)["state"] == "succeeded", shown
assert shown[-1] == run["id"] + ": succeeded", shown
kinds = [kind for kind, _ in client.watch(run["id"])]
assert kinds[0] == "state" and kinds[-1] == "end" and "metrics" in kinds, kinds
rows = client.metrics(run["id"])["rows"]
assert rows[-1]["validation_loss"] > 0, rows
text = client.generate(run["id"], "the", length=20, seed=1)
assert text.startswith("the") and len(text) == 23, text
assert client.generate(run["id"], "the", length=20, seed=1) == text
assert [other["id"] for other in client.runs()] == [run["id"]]
assert client.call("compareRuns", run=[run["id"], run["id"]])["runs"]
assert client.call("runConfiguration", id=run["id"]).startswith("#")
assert client.call("runModel", id=run["id"])[:2] == b"PK"
try:
    client.run("missing-00000000")
    raise AssertionError("found")
except ServiceError as refusal:
    assert refusal.status == 404 and "missing-00000000" in str(refusal), refusal
try:
    client.call("completionModel", model="missing")
    raise AssertionError("found")
except ServiceError as refusal:
    assert refusal.status == 404 and "there is no 'missing'" in str(refusal), refusal


class Breaking(http.server.BaseHTTPRequestHandler):
    """Sends a state, and then the end only to the second client."""

    requests = 0

    def do_GET(self):
        Breaking.requests += 1
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = b"event: end\ndata: {}\n\n" if Breaking.requests > 1 else b""
        text = b"event: state\ndata: {}\n\n" + end
        self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
        self.wfile.write(b"0\r\n\r\n" if end else b"40\r\nevent: lo")

    def log_message(self, *words):
        pass


breaking = http.server.HTTPServer(("127.0.0.1", 0), Breaking)
threading.Thread(target=breaking.serve_forever, daemon=True).start()
kinds = [kind for kind, _ in Client("http://127.0.0.1:%d" % breaking.server_port).watch("x")]
assert kinds == ["state", "state", "end"], kinds
breaking.shutdown()

notebook = json.loads(pathlib.Path(folder, "example.ipynb").read_text())
for cell in notebook["cells"]:
    if cell["cell_type"] == "code":
        code = "".join(cell["source"]).replace("http://127.0.0.1:8080", address)
        exec(code.replace("../../configs/tiny.yml", configuration))
print("client: done")
