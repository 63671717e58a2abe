"""Opens the model in this folder with PyTorch, and nothing else.

    import loader
    model = loader.load(".")
    logits, state = model(characters)            # int64 [B, T] -> [B, T, V]
    logits, state = model(characters, state)     # reads on

python loader.py PROMPT continues a text.
"""

import json
import pathlib
import struct
import sys

import torch
from torch import nn


class GravesLSTM(nn.Module):
    """An LSTM whose gates see the memory c through peepholes p (Graves, 2013).

    i[t] = sigmoid(Wi x[t] + Ri h[t-1] + pi c[t-1] + bi)
    f[t] = sigmoid(Wf x[t] + Rf h[t-1] + pf c[t-1] + bf)
    c[t] = f[t] c[t-1] + i[t] tanh(Wg x[t] + Rg h[t-1] + bg)
    o[t] = sigmoid(Wo x[t] + Ro h[t-1] + po c[t] + bo)
    h[t] = o[t] tanh(c[t])

    Called as nn.LSTM(batch_first=True) is. Its gates have the same order: i, f, g, o.
    """

    def __init__(self, inputs, size):
        super().__init__()
        self.size = size
        self.weight_ih_l0 = nn.Parameter(torch.zeros(4 * size, inputs))
        self.weight_hh_l0 = nn.Parameter(torch.zeros(4 * size, size))
        self.bias_ih_l0 = nn.Parameter(torch.zeros(4 * size))
        self.bias_hh_l0 = nn.Parameter(torch.zeros(4 * size))
        self.peepholes_l0 = nn.Parameter(torch.zeros(3, size))  # i, f, o

    def forward(self, x, state=None):
        if state is None:
            h = c = x.new_zeros(x.shape[0], self.size)
        else:
            h, c = (part[0] for part in state)
        from_input = x @ self.weight_ih_l0.T + self.bias_ih_l0 + self.bias_hh_l0
        peephole_i, peephole_f, peephole_o = self.peepholes_l0
        hidden = []
        for t in range(x.shape[1]):
            i, f, g, o = (from_input[:, t] + h @ self.weight_hh_l0.T).chunk(4, dim=1)
            i = torch.sigmoid(i + peephole_i * c)
            f = torch.sigmoid(f + peephole_f * c)
            c = f * c + i * torch.tanh(g)
            h = torch.sigmoid(o + peephole_o * c) * torch.tanh(c)
            hidden.append(h)
        return torch.stack(hidden, dim=1), (h[None], c[None])


CELLS = {
    "graves_lstm": GravesLSTM,
    "lstm": lambda inputs, size: nn.LSTM(inputs, size, batch_first=True),
    "gru": lambda inputs, size: nn.GRU(inputs, size, batch_first=True),
    "simple_rnn": lambda inputs, size: nn.RNN(inputs, size, batch_first=True),
}


class CharacterModel(nn.Module):
    """Recurrent layers between one-hot characters and a linear output.

    vocabulary: the characters in the order of their indices, V of them.
    """

    def __init__(self, vocabulary, layers):
        super().__init__()
        self.vocabulary = vocabulary
        sizes = [len(vocabulary)] + [layer["size"] for layer in layers]
        self.layers = nn.ModuleList(
            CELLS[layer["type"]](inputs, layer["size"]) for inputs, layer in zip(sizes, layers)
        )
        self.dropouts = nn.ModuleList(nn.Dropout(layer["dropout"]) for layer in layers)
        self.output = nn.Linear(sizes[-1], len(vocabulary))

    def forward(self, characters, state=None):
        """Scores the next characters.

        characters: int64 [B, T], indices into the vocabulary
        state: what an earlier call returned; None: zero
        returns logits [B, T, V], and the state after the last character: for each layer
            h [1, B, H], or (h, c) of an LSTM
        """
        x = nn.functional.one_hot(characters, len(self.vocabulary))
        x = x.to(self.output.weight.dtype)
        after = []
        for i, (layer, dropout) in enumerate(zip(self.layers, self.dropouts)):
            x, last = layer(x, None if state is None else state[i])
            x = dropout(x)
            after.append(last)
        return self.output(x), after

    @torch.no_grad()
    def generate(self, prompt, length, temperature=0.8):
        """Continues a text by `length` characters; temperature 0 takes the most probable ones."""
        index = {character: i for i, character in enumerate(self.vocabulary)}
        device = self.output.weight.device
        text = [index[character] for character in prompt]
        read, state = text, None
        for _ in range(length):
            logits, state = self(torch.tensor([read], device=device), state)
            scores = logits[0, -1]
            if temperature == 0:
                drawn = scores.argmax()
            else:
                drawn = torch.multinomial(torch.softmax(scores / temperature, dim=0), 1)
            read = [int(drawn)]
            text += read
        return "".join(self.vocabulary[i] for i in text)


def read_safetensors(file):
    """The tensors and the metadata of a safetensors file."""
    data = bytearray(pathlib.Path(file).read_bytes())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    types = {"F32": torch.float32, "F64": torch.float64}
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        numbers = torch.frombuffer(bytearray(data[start:end]), dtype=types[entry["dtype"]])
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors, metadata


def load(directory):
    """The model in a folder, on the CPU in float32, with dropout off."""
    folder = pathlib.Path(directory)
    tensors, metadata = read_safetensors(folder / "model.safetensors")
    characters = json.loads((folder / "vocabulary.json").read_text("utf-8"))["characters"]
    vocabulary = [chr(character["code_point"]) for character in characters]
    model = CharacterModel(vocabulary, json.loads(metadata["layers"]))
    model.load_state_dict(tensors)
    return model.eval()


if __name__ == "__main__":
    here = load(pathlib.Path(__file__).parent)
    print(here.generate(sys.argv[1] if len(sys.argv) > 1 else here.vocabulary[0], 500))
