"""PyTorch's side of the comparison, with the LSTM or GRU of torch.nn: requests and answers as in Side.java.

    pytorch.py WORKLOAD_FILE THREADS

The one-hot input is prepared in advance, which favours this side.
"""
import struct
import sys
import time

import torch

SEGMENTS, LEARNING_RATE, CLIPPING_NORM = 8, 0.002, 5.0
GATES = {"LSTM": [3, 1, 0, 2], "GRU": [0, 1, 2]}  # Deeplearning4j's gates in PyTorch's order


class Workload:
    """The file that Workload.java writes: big-endian numbers."""

    def __init__(self, file):
        with open(file, "rb") as source:
            content = source.read()
        length = struct.unpack_from(">H", content)[0]
        self.cell = content[2 : 2 + length].decode()
        position = 2 + length
        self.layers, self.size, self.lanes, self.length, self.vocabulary = struct.unpack_from(">5i", content, position)
        self.carried, self.bfloat16 = struct.unpack_from(">??", content, position + 20)
        position += 22
        text = (SEGMENTS * self.length + 1) * self.lanes
        parameters = (len(content) - position) // 4 - text
        self.parameters = torch.tensor(struct.unpack_from(f">{parameters}f", content, position))
        numbers = struct.unpack_from(f">{text}i", content, position + 4 * parameters)
        self.text = torch.tensor(numbers).reshape(-1, self.lanes)


class Network(torch.nn.Module):
    def __init__(self, workload):
        super().__init__()
        recurrent = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}[workload.cell]
        self.recurrent = recurrent(workload.vocabulary, workload.size, workload.layers)
        self.output = torch.nn.Linear(workload.size, workload.vocabulary)

    def forward(self, characters, state):
        outputs, state = self.recurrent(characters, state)
        return self.output(outputs), state

    @torch.no_grad()
    def load(self, workload):
        """Deeplearning4j's vector: matrices are column-major, so they are the transposes of PyTorch's."""
        order, size, position = GATES[workload.cell], workload.size, 0

        def take(*shape):
            nonlocal position
            count = torch.Size(shape).numel()
            position += count
            return workload.parameters[position - count : position].reshape(shape)

        gates = len(order)
        for layer in range(workload.layers):
            inputs = workload.vocabulary if layer == 0 else size
            get = lambda name: getattr(self.recurrent, f"{name}_l{layer}")
            get("weight_ih").copy_(take(gates, size, inputs)[order].reshape(-1, inputs))
            get("weight_hh").copy_(take(gates, size, size)[order].reshape(-1, size))
            get("bias_ih").copy_(take(gates, size)[order].reshape(-1))
            get("bias_hh").zero_()
            if workload.cell == "GRU":
                get("bias_hh")[2 * size :].copy_(take(size))
        self.output.weight.copy_(take(workload.vocabulary, size))
        self.output.bias.copy_(take(workload.vocabulary))
        assert position == len(workload.parameters)


class Side:
    def __init__(self, workload):
        self.workload = workload
        self.network = Network(workload)
        self.network.load(workload)
        self.optimizer = torch.optim.Adam(self.network.parameters(), LEARNING_RATE, fused=True)
        self.state = None
        one_hot = torch.nn.functional.one_hot(workload.text.long(), workload.vocabulary).float()
        steps = range(0, SEGMENTS * workload.length, workload.length)
        self.inputs = [one_hot[i : i + workload.length].contiguous() for i in steps]
        self.targets = [workload.text[i + 1 : i + 1 + workload.length].long().reshape(-1) for i in steps]

    def step(self, segment, aligned):
        workload = self.workload
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=workload.bfloat16):
            logits, state = self.network(self.inputs[segment], self.state)
        logits = logits.float().reshape(-1, workload.vocabulary)
        loss = torch.nn.functional.cross_entropy(logits, self.targets[segment])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if aligned:
            self.clear_second_biases()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIPPING_NORM)
        self.optimizer.step()
        if workload.carried:
            self.state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
        return loss.item()

    def clear_second_biases(self):
        """PyTorch has two biases for a gate; both together would move twice as far as one."""
        gates = 2 if self.workload.cell == "GRU" else 4
        for layer in range(self.workload.layers):
            getattr(self.network.recurrent, f"bias_hh_l{layer}").grad[: gates * self.workload.size] = 0

    def serve(self):
        done = 0
        for line in sys.stdin:
            request, *steps = line.split()
            answer = []
            for _ in range(int(steps[0]) if steps else 0):
                start = time.perf_counter()
                loss = self.step(done % SEGMENTS, request == "losses")
                answer.append(loss if request == "losses" else (time.perf_counter() - start) * 1e3)
                done += 1
            if request == "memory":
                answer.append(peak_memory())
            print("answer:" + " ".join(map(repr, answer)), flush=True)


def peak_memory():
    """Peak resident memory, MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    Side(Workload(sys.argv[1])).serve()
