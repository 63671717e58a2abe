"""Writes text with a model of `trainer export RUN --format onnx`.

pip install onnxruntime
python sample_onnx.py MODEL.onnx PROMPT [LENGTH] [TEMPERATURE]
"""

import json
import sys

import numpy
import onnxruntime


def sample(file, prompt, length, temperature):
    session = onnxruntime.InferenceSession(file)
    metadata = session.get_modelmeta().custom_metadata_map
    characters = json.loads(metadata["vocabulary.json"])["characters"]
    vocabulary = [chr(character["code_point"]) for character in characters]
    states = session.get_inputs()[1:]
    state = {s.name: numpy.zeros((1, 1, s.shape[2]), numpy.float32) for s in states}
    random = numpy.random.default_rng()
    text = [vocabulary.index(character) for character in prompt]
    read = text
    for _ in range(length):
        inputs = {"characters": numpy.array([read], numpy.int64), **state}
        logits, *after = session.run(None, inputs)
        state = dict(zip(state, after))
        scores = logits[0, -1].astype(numpy.float64)
        if temperature > 0:  # the largest of scores with Gumbel noise is a draw from the softmax
            scores = scores / temperature + random.gumbel(size=scores.shape)
        read = [int(scores.argmax())]
        text = text + read
    return "".join(vocabulary[i] for i in text)


if __name__ == "__main__":
    file, prompt, length, temperature = (sys.argv[1:] + ["300", "0.8"][len(sys.argv) - 3 :])[:4]
    print(sample(file, prompt, int(length), float(temperature)))
