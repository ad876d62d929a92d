"""Small models for tests, made of ONNX operators: each is a folder with weights, labels and a card."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from app.inference.classifier import OnnxClassifier

SIDE = 16
LABELS = ("red", "green", "blue")
RED, BLUE, GREY = (255, 0, 0), (0, 0, 255), (102, 51, 204)


def paint(folder: Path, color: tuple[int, int, int], name: str = "picture") -> Path:
    path = folder / f"{name}-{'-'.join(map(str, color))}.png"
    Image.new("RGB", (40, 30), color).save(path)
    return path


async def ask_all(classifier: OnnxClassifier, model: str, paths: Sequence[Path]) -> list[Any]:
    """Ask about all pictures at once; return what is said, or raised, of each."""
    return await asyncio.gather(*(classifier.classify(model, path) for path in paths), return_exceptions=True)


def write_model(
    shelf: Path,
    name: str,
    weights: bytes,
    *,
    labels: Sequence[str] = LABELS,
    given: str = "",
    told: str = 'kind = "PROBABILITIES"\nthreshold = 0.0',
    version: str = "1",
    **values: str,
) -> Path:
    """Write a model's folder and return it; `given` and `told` are what its card says of input and output."""
    folder = shelf / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(weights)
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    fields = {
        "name": name,
        "version": version,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": "Apache-2.0",
        "source": "made for a test",
        **values,
    }
    head = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
    given = given or f'size = {SIDE}\nresize = "SQUEEZE"\nmean = [0, 0, 0]\ndeviation = [1, 1, 1]'
    (folder / "model.toml").write_text(f"{head}\n[input]\n{given}\n\n[output]\n{told}\n")
    return folder


def make_weights(
    nodes: Sequence[onnx.NodeProto],
    *,
    shape: Sequence[int | str] = ("n", 3, SIDE, SIDE),
    outputs: Sequence[int | str] = ("n", 3),
    tensors: Sequence[TensorProto] = (),
) -> bytes:
    """Return a model that reads `input` and gives `scores`."""
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, list(shape))
    told = helper.make_tensor_value_info("scores", TensorProto.FLOAT, list(outputs))
    graph = helper.make_graph(list(nodes), "test", [given], [told], list(tensors))
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return model.SerializeToString()


def tensor(name: str, values: object, kind: type = np.float32) -> TensorProto:
    return numpy_helper.from_array(np.asarray(values, kind), name)


def mean_color() -> bytes:
    """Return a model whose scores are how much red, green and blue there is, from 0 to 1."""
    return make_weights([helper.make_node("ReduceMean", ["input"], ["scores"], axes=[2, 3], keepdims=0)])


def count_of_batch() -> bytes:
    """Return a model whose scores are how many pictures there were in its batch, in sixteenths."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["colors"], axes=[2, 3], keepdims=0),
        helper.make_node("Shape", ["colors"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["count"], axis=0),
        helper.make_node("Cast", ["count"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["number", "sixteen"], ["share"]),
        helper.make_node("Mul", ["colors", "nothing"], ["zeros"]),
        helper.make_node("Add", ["zeros", "share"], ["scores"]),
    ]
    tensors = [tensor("first", 0, np.int64), tensor("sixteen", 16.0), tensor("nothing", 0.0)]
    return make_weights(nodes, tensors=tensors)


def not_a_number_when_red() -> bytes:
    """Return `mean_color` that gives NaN for a picture that is all red: the logarithm of -1."""
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["colors"], axes=[2, 3], keepdims=0),
        helper.make_node("Gather", ["colors", "first"], ["red"], axis=1),
        helper.make_node("Sub", ["limit", "red"], ["room"]),
        helper.make_node("Log", ["room"], ["wrong"]),
        helper.make_node("Mul", ["wrong", "nothing"], ["zero"]),
        helper.make_node("Add", ["colors", "zero"], ["scores"]),
    ]
    tensors = [tensor("first", [0], np.int64), tensor("limit", 0.9), tensor("nothing", 0.0)]
    return make_weights(nodes, tensors=tensors)


def endless_when_red(rounds: int = 10**9) -> bytes:
    """Return `mean_color` that counts to a billion over a batch in which there is a picture that is all red."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["on_out"]),
            helper.make_node("Add", ["total", "one"], ["total_out"]),
        ],
        "count",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("total", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("total_out", TensorProto.FLOAT, []),
        ],
        [tensor("one", 1.0)],
    )
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["colors"], axes=[2, 3], keepdims=0),
        helper.make_node("Gather", ["colors", "first"], ["red"], axis=1),
        helper.make_node("ReduceMax", ["red"], ["reddest"], keepdims=0),
        helper.make_node("Greater", ["reddest", "limit"], ["is_red"]),
        helper.make_node("Where", ["is_red", "many", "none"], ["rounds"]),
        helper.make_node("Loop", ["rounds", "", "start"], ["counted"], body=body),
        helper.make_node("Mul", ["counted", "nothing"], ["zero"]),
        helper.make_node("Add", ["colors", "zero"], ["scores"]),
    ]
    tensors = [
        tensor("first", [0], np.int64),
        tensor("limit", 0.9),
        tensor("many", rounds, np.int64),
        tensor("none", 0, np.int64),
        tensor("start", 0.0),
        tensor("nothing", 0.0),
    ]
    return make_weights(nodes, tensors=tensors)


def wrong_shape() -> bytes:
    """Return a model whose output has one row for the whole batch."""
    return make_weights(
        [helper.make_node("ReduceMean", ["input"], ["scores"], axes=[0, 2, 3], keepdims=0)], outputs=("n",)
    )


def with_data_outside(location: str) -> bytes:
    """Return a model that reads a weight from another file."""
    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3, 3], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "36")):
        outside.external_data.add(key=key, value=value)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["colors"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colors", "w"], ["scores"]),
    ]
    return make_weights(nodes, tensors=[outside])
