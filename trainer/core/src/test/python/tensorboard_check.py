"""Reads the event files of a run with TensorBoard's own library, and compares them with metrics.csv.

pip install tensorboard
python tensorboard_check.py models/NAME/tensorboard
"""

import csv
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

COLUMNS = {
    "loss/train": "train_loss",
    "loss/validation": "validation_loss",
    "learning_rate": "learning_rate",
    "gradient_norm": "gradient_norm",
    "characters_per_second": "characters_per_second",
}

folder = pathlib.Path(sys.argv[1])
everything = {name: 0 for name in ("scalars", "histograms", "images", "tensors")}
events = EventAccumulator(str(folder), size_guidance=everything)
events.Reload()
tags = events.Tags()
rows = list(csv.DictReader(open(folder.parent / "metrics.csv")))

for tag, column in COLUMNS.items():
    expected = {int(row["iteration"]): float(row[column]) for row in rows if row[column]}
    found = {scalar.step: scalar.value for scalar in events.Scalars(tag)}
    assert len(events.Scalars(tag)) == len(found), f"{tag}: a step occurs twice"
    assert found.keys() == expected.keys(), f"{tag}: {found.keys() ^ expected.keys()}"
    for step, value in expected.items():
        close = math.isclose(found[step], value, rel_tol=1e-5, abs_tol=1e-6)
        assert close, f"{tag} at {step}: {found[step]} instead of {value}"
    print(f"{tag}: {len(found)} values, as in metrics.csv")

for tag in tags["histograms"]:
    for event in events.Histograms(tag):
        value = event.histogram_value
        assert sum(value.bucket) == value.num, tag
print(f"histograms: {len(tags['histograms'])} tags")
print(f"images: {tags['images']}")
for tag in tags["tensors"]:
    print(f"{tag}: {len(events.Tensors(tag))} texts")

content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
print(f"hyperparameters: {len(start.hparams)}, seed {start.hparams['seed'].number_value:g}")
assert start.hparams["seed"].number_value or start.hparams["seed"].HasField("number_value")
