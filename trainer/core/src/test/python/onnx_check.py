"""Opens an exported model with ONNX Runtime, and compares it with what this program computed.

pip install onnxruntime
python onnx_check.py MODEL.onnx EXPECTED.json

EXPECTED.json: the log probabilities [T, B, V] after each of the characters [T, B].
"""

import json
import sys

import numpy
import onnxruntime


def probabilities(logits):
    powers = numpy.exp(logits.astype(numpy.float64))
    return powers / powers.sum(axis=-1, keepdims=True)


session = onnxruntime.InferenceSession(sys.argv[1])
expected = json.load(open(sys.argv[2]))
characters = numpy.array(expected["characters"], numpy.int64).T
wanted = numpy.exp(numpy.array(expected["log_probabilities"])).transpose(1, 0, 2)
lanes, steps = characters.shape
states = session.get_inputs()[1:]
results = [output.name for output in session.get_outputs()]
assert results == ["logits"] + ["next_" + state.name for state in states], results


def read(part, state):
    logits, *after = session.run(None, {"characters": part, **state})
    return logits, dict(zip(state, after))


zero = {s.name: numpy.zeros((1, lanes, s.shape[2]), numpy.float32) for s in states}
whole, _ = read(characters, zero)
one_by_one, state = [], zero
for t in range(steps):
    logits, state = read(characters[:, t : t + 1], state)
    one_by_one.append(logits)
for name, logits in (("whole", whole), ("one by one", numpy.concatenate(one_by_one, axis=1))):
    difference = abs(probabilities(logits) - wanted).max()
    assert difference <= 1e-6, f"{name}: probabilities differ by {difference}"
    print(f"{name}: {logits.shape} probabilities differ by at most {difference:.1e}")
print(f"ONNX Runtime {onnxruntime.__version__}")
