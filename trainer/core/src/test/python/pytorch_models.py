"""Writes state dicts of PyTorch, and what their models predict, for PyTorchImportTest.

pip install torch
python pytorch_models.py FOLDER
"""

import json
import pathlib
import struct
import sys

import torch
from torch import nn

VOCABULARY, LANES, STEPS = 16, 3, 40
folder = pathlib.Path(sys.argv[1])
torch.manual_seed(1)


class CharacterRnn(nn.Module):
    def __init__(self, kind, size, layers, embedded=None, bias=True):
        super().__init__()
        if embedded:
            self.embedding = nn.Embedding(VOCABULARY, embedded)
        self.rnn = kind(embedded or VOCABULARY, size, layers, bias=bias, batch_first=True)
        self.head = nn.Linear(size, VOCABULARY, bias=bias)
        for parameter in self.parameters():  # far from linear, and all different
            nn.init.uniform_(parameter, -0.7, 0.7)

    def forward(self, characters):
        if hasattr(self, "embedding"):
            x = self.embedding(characters)
        else:
            x = nn.functional.one_hot(characters, VOCABULARY).to(self.head.weight.dtype)
        return self.head(self.rnn(x)[0])


def write_safetensors(file, state):
    names = {torch.float32: "F32", torch.float64: "F64", torch.bfloat16: "BF16"}
    header, data = {}, b""
    for name, tensor in sorted(state.items()):
        start = len(data)
        data += tensor.contiguous().view(torch.uint8).numpy().tobytes()
        shape = list(tensor.shape)
        offsets = [start, len(data)]
        header[name] = {"dtype": names[tensor.dtype], "shape": shape, "data_offsets": offsets}
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write(name, model, save):
    state = model.state_dict()
    save(folder / name, state)
    characters = torch.randint(VOCABULARY, (LANES, STEPS))
    with torch.no_grad():
        logs = torch.log_softmax(model.double()(characters), dim=2)
    expected = {"characters": characters.T.tolist(), "log_probabilities": logs.transpose(0, 1).tolist()}
    (folder / (name + ".json")).write_text(json.dumps(expected))


def torch_save(file, state):
    torch.save(state, file)


def checkpoint(file, state):
    """As training scripts do, with weights whose numbers are in another order."""
    turned = {name: tensor.t().contiguous().t() for name, tensor in state.items()}
    torch.save({"epoch": 7, "loss": -1.5, "model": turned, "names": ["a", None, True]}, file)


write("lstm.pt", CharacterRnn(nn.LSTM, 9, 2), torch_save)
write("embedded-lstm.pt", CharacterRnn(nn.LSTM, 6, 1, embedded=5), checkpoint)
write("gru.pt", CharacterRnn(nn.GRU, 7, 2, embedded=7), torch_save)
write("gru.safetensors", CharacterRnn(nn.GRU, 7, 1), write_safetensors)
write("rnn.safetensors", CharacterRnn(nn.RNN, 8, 3), write_safetensors)
write("no-bias.pt", CharacterRnn(nn.LSTM, 5, 1, bias=False), torch_save)
write("bfloat16.safetensors", CharacterRnn(nn.RNN, 8, 1).bfloat16(), write_safetensors)
write("half.pt", CharacterRnn(nn.GRU, 8, 1).half(), torch_save)
print(f"PyTorch {torch.__version__}")
