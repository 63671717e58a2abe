"""Opens an export for PyTorch with its own loader, and compares it with what this program computed.

pip install torch
python pytorch_check.py FOLDER EXPECTED.json

EXPECTED.json: the log probabilities [T, B, V] after each of the characters [T, B].
"""

import importlib.util
import json
import pathlib
import sys

import torch

folder, expected = pathlib.Path(sys.argv[1]), json.load(open(sys.argv[2]))
specification = importlib.util.spec_from_file_location("loader", folder / "loader.py")
loader = importlib.util.module_from_spec(specification)
specification.loader.exec_module(loader)

model = loader.load(folder).double()
characters = torch.tensor(expected["characters"]).T
wanted = torch.tensor(expected["log_probabilities"], dtype=torch.float64).transpose(0, 1)
half = characters.shape[1] // 2
with torch.no_grad():
    whole, _ = model(characters)
    first, state = model(characters[:, :half])
    rest, _ = model(characters[:, half:], state)
for name, logits in (("whole", whole), ("in two parts", torch.cat((first, rest), dim=1))):
    difference = (torch.log_softmax(logits, dim=2) - wanted).abs().max().item()
    assert difference <= 1e-6, f"{name}: log probabilities differ by {difference}"
    print(f"{name}: {tuple(logits.shape)} log probabilities differ by at most {difference:.1e}")
text = model.generate(model.vocabulary[0], 20)
assert len(text) == 21 and model.generate(text, 9, 0) == model.generate(text, 9, 0)
print(f"PyTorch {torch.__version__}")
