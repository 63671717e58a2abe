"""Times training steps of this program and of PyTorch's cuDNN layers in turns, and prints one table.

Both sides: two layers, 65 characters, random text, forward, backward, clipping by norm, Adam; from
character indices in the host's memory to updated weights. PyTorch runs eagerly, compiled, and as one
CUDA graph; in bfloat16 also with weights in bfloat16 instead of autocast; and an LSTM also as stacked
one-layer LSTMs in float16 with inputs padded to 128, for which cuDNN has persistent kernels. The
fastest counts. This program runs its recurrences step by step, and with weights that stay on
the chip. Before it is timed, each PyTorch setup must make the loss fall.

    python3 compare.py            six cases, two rounds
    python3 compare.py quick      two cases, one round
    python3 compare.py full       55 cases, three rounds
"""

import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY = 65
WARM_UP = 20
BLOCKS = 9
STEPS_OF_BLOCK = 20


QUICK = [("lstm", 512, 128, 50, "tf32"), ("gru", 512, 64, 50, "float32")]

USUAL = QUICK + [
    ("lstm", 256, 64, 50, "tf32"),
    ("graves_lstm", 512, 64, 50, "tf32"),
    ("lstm", 512, 64, 50, "bfloat16"),
    ("lstm", 1024, 64, 50, "bfloat16"),
]


def all_cases():
    result = []
    for precision in ("float32", "tf32", "bfloat16"):
        for size in (256, 512, 1024):
            for lanes, steps in ((64, 50), (128, 100)):
                for cell in ("lstm", "graves_lstm", "gru"):
                    result.append((cell, size, lanes, steps, precision))
    result.append(("lstm", 512, 128, 50, "tf32"))
    return result


SIZES = {"quick": (QUICK, 1), "usual": (USUAL, 2), "full": (all_cases(), 3)}  # cases, rounds


RECURRENCES = ("steps", "persistent", "clusters")


def ours(wanted):
    """This program's times by case and recurrence."""
    command = [os.path.join(HERE, "java", "bin", "java"), "-Xmx2g", "-cp", os.path.join(HERE, "lib", "*")]
    command += ["trainer.engine.cuda.GpuCheck", "bench"]
    for case in wanted:
        command += ["%s,%d,%d,%d,%s %s" % (*case, recurrence) for recurrence in RECURRENCES]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in output.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            case = (row["cell"], row["size"], row["lanes"], row["steps"], row["precision"])
            found[case, row["recurrence"]] = row
    return found


class Peer:
    """A training step of PyTorch's."""

    def __init__(self, torch, case, whole=None):
        """whole: "half" or "bfloat16", the type of everything but the loss; None: as the case says"""
        cell, size, lanes, steps, precision = case
        self.type = {"half": torch.float16, "bfloat16": torch.bfloat16, None: torch.float32}[whole]
        self.inputs = 128 if whole == "half" else VOCABULARY
        self.torch = torch
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        self.cast = torch.bfloat16 if precision == "bfloat16" and whole is None else None
        layer = torch.nn.LSTM if cell == "lstm" else torch.nn.GRU
        if whole == "half":
            self.network = torch.nn.ModuleList([layer(self.inputs, size), layer(size, size)])
        else:
            self.network = layer(self.inputs, size, 2)
        self.network = self.network.to("cuda", self.type)
        self.output = torch.nn.Linear(size, VOCABULARY).to("cuda", self.type)
        self.parameters = list(self.network.parameters()) + list(self.output.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-3, eps=1e-8 if whole is None else 1e-4, fused=True, capturable=True)
        state = torch.zeros(2, lanes, size, device="cuda", dtype=self.type)
        self.state = (state, state.clone()) if cell == "lstm" else (state,)
        generator = torch.Generator().manual_seed(1)
        text = torch.randint(VOCABULARY, (steps + 1, lanes), generator=generator)
        self.host = text.pin_memory()
        self.text = text.cuda()
        self.loss = torch.zeros((), device="cuda")
        self.graph = None
        self.forward = self.loss_and_state

    def loss_and_state(self):
        torch = self.torch
        functional = torch.nn.functional
        inputs = functional.one_hot(self.text[:-1], self.inputs).to(self.type)
        with torch.autocast("cuda", dtype=self.cast, enabled=self.cast is not None):
            if isinstance(self.network, torch.nn.ModuleList):
                hidden, states = inputs, []
                for layer, one in enumerate(self.network):
                    hidden, state = one(hidden, tuple(kept[layer : layer + 1] for kept in self.state))
                    states.append(state)
                state = tuple(torch.cat(both) for both in zip(*states))
            else:
                state = self.state if len(self.state) == 2 else self.state[0]
                hidden, state = self.network(inputs, state)
            logits = self.output(hidden)
        return functional.cross_entropy(logits.float().flatten(0, 1), self.text[1:].flatten()), state

    def compute(self):
        torch = self.torch
        loss, state = self.forward()
        self.optimizer.zero_grad(set_to_none=False)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 5.0, foreach=True)
        self.optimizer.step()
        for kept, new in zip(self.state, state if len(self.state) == 2 else (state,)):
            kept.copy_(new.detach())
        self.loss.copy_(loss.detach())

    def compile(self):
        self.torch.compiler.reset()  # the setups share this method; after several compilations it would stay eager
        self.forward = self.torch.compile(self.loss_and_state, dynamic=False)

    def capture(self):
        torch = self.torch
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.compute()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.compute()

    def step(self):
        self.text.copy_(self.host, non_blocking=True)
        if self.graph is None:
            self.compute()
        else:
            self.graph.replay()

    def milliseconds(self):
        torch = self.torch
        self.step()
        before = self.loss.item()
        for _ in range(WARM_UP):
            self.step()
        if not self.loss.item() < before:
            raise RuntimeError("PyTorch does not learn: %f, then %f nats" % (before, self.loss.item()))
        times = []
        for _ in range(BLOCKS):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(STEPS_OF_BLOCK):
                self.step()
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) * 1e3 / STEPS_OF_BLOCK)
        return statistics.median(times)


PEERS = {"eager": None, "compiled": Peer.compile, "graph": Peer.capture, "typed": Peer.capture, "half": Peer.capture}


def whole_type(kind, case):
    """The type of a peer's weights and states; False where the peer does not apply."""
    cell, size, lanes, steps, precision = case
    if kind == "typed":
        return "bfloat16" if precision == "bfloat16" else False
    if kind == "half":  # cuDNN's condition for its persistent kernels; against bfloat16 it is like with like
        return "half" if cell == "lstm" and size % 128 == 0 and lanes % 8 == 0 and lanes <= 128 else False
    return None


def theirs(torch, case, kind):
    """Milliseconds per step of a PyTorch variant; None if it does not support the case."""
    whole = whole_type(kind, case)
    if whole is False:
        return None
    peer = Peer(torch, case, whole)
    try:
        if PEERS[kind] is not None:
            PEERS[kind](peer)
        return peer.milliseconds()
    except Exception as error:  # of many types, from compilers and drivers
        print("PyTorch, %s, cannot do %s: %s" % (kind, case, (str(error).splitlines() or [""])[0]))
        return None


def main():
    wanted, rounds = SIZES[sys.argv[1] if len(sys.argv) > 1 else "usual"]
    try:
        import torch

        print("PyTorch %s, CUDA %s, cuDNN %s" % (torch.__version__, torch.version.cuda, torch.backends.cudnn.version()))
    except ImportError:
        torch = None
        print("PyTorch is not on this machine: no comparison")
    mine, peers = {}, {kind: {} for kind in PEERS}
    for number in range(rounds):
        print("round %d" % (number + 1), flush=True)
        for case, result in ours(wanted).items():
            mine.setdefault(case, []).append(result)
        for case in wanted:
            if torch is not None and case[0] in ("lstm", "gru"):
                for kind in PEERS:
                    time_of_step = theirs(torch, case, kind)
                    if time_of_step is not None:
                        peers[kind].setdefault(case, []).append(time_of_step)
    print()
    print("ms: median of the rounds (fastest - slowest). blocks: that share a layer's weights, forward and backward;")
    print("0: the layer has no room on the chip and runs by steps. Times as fast: the faster here against the faster there.")
    print()
    print("| cell | units | lanes | steps | precision | ms by steps | ms persistent | ms in clusters | blocks | characters/s | share of product peak | eager ms | compiled ms | graph ms | bfloat16 weights ms | float16 persistent ms | times as fast |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for case in wanted:
        rows = {recurrence: mine[case, recurrence] for recurrence in RECURRENCES}
        medians = {recurrence: median(rows[recurrence], "milliseconds") for recurrence in RECURRENCES}
        best = min(RECURRENCES, key=medians.get)
        share = median(rows[best], "share_of_product_peak")
        there = {kind: statistics.median(times[case]) for kind, times in peers.items() if case in times}
        ratio = "%.2f" % (min(there.values()) / medians[best]) if there else ""
        shown = ["%.3f" % there[kind] if kind in there else "" for kind in PEERS]
        print(
            "| %s | %d | %d | %d | %s | %s | %s | %s | %s | %.2f M | %.0f %% | %s | %s | %s | %s | %s | %s |"
            % (
                *case,
                spread(rows["steps"]),
                spread(rows["persistent"]),
                spread(rows["clusters"]),
                rows["persistent"][0]["blocks"],
                case[2] * case[3] / medians[best] / 1e3,
                100 * share,
                *shown,
                ratio,
            )
        )


def median(rows, name):
    return statistics.median(row[name] for row in rows)


def spread(rows):
    times = [row["milliseconds"] for row in rows]
    return "%.3f (%.3f-%.3f)" % (statistics.median(times), min(times), max(times))


if __name__ == "__main__":
    main()
