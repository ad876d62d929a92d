"""A network of MobileNetV2's shape with weights by chance, made of ONNX operators."""

from dataclasses import dataclass, field

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

# Expansion, channels, repeats and first stride of each stage: table 2 of M. Sandler et al., "MobileNetV2: Inverted
# Residuals and Linear Bottlenecks" (2018), https://arxiv.org/abs/1801.04381.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
FIRST, LAST = 32, 1280


@dataclass(slots=True)
class Graph:
    """Nodes and weights as they are added; `flow` is the value that the next node reads."""

    chance: np.random.Generator
    flow: str = "input"
    nodes: list[NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, **attributes: object) -> None:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, [self.flow, *inputs], [output], **attributes))
        self.flow = output

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        spread = np.sqrt(2 / max(1, int(np.prod(shape[1:]))))
        values = self.chance.normal(0, spread, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolve(self, channels: tuple[int, int], size: int = 1, *, stride: int = 1, groups: int = 1) -> None:
        before, after = channels
        weight, bias = self.weight(after, before // groups, size, size), self.weight(after)
        edge = [size // 2] * 4
        strides, kernel = [stride, stride], [size, size]
        self.add("Conv", weight, bias, kernel_shape=kernel, strides=strides, pads=edge, group=groups)

    def clip(self) -> None:
        self.add("Clip", "zero", "six")


def make_mobilenet(classes: int = 1000, side: int = 224, *, gain: float = 1.0) -> bytes:
    """Return the network: `input` of shape (n, 3, side, side) to `logits` of shape (n, classes).

    Args:
        gain: Multiplies the logits; a large one makes the network sure of something, though of nothing right.
    """
    graph = Graph(np.random.default_rng(1))
    graph.weights += [numpy_helper.from_array(np.float32(value), name) for name, value in (("zero", 0), ("six", 6))]
    graph.convolve((3, FIRST), 3, stride=2)
    graph.clip()
    width = FIRST
    for expansion, channels, repeats, first_stride in STAGES:
        for repeat in range(repeats):
            _block(graph, (width, channels), expansion, first_stride if repeat == 0 else 1)
            width = channels
    graph.convolve((width, LAST))
    graph.clip()
    graph.add("GlobalAveragePool")
    graph.add("Flatten")
    graph.add("Gemm", graph.weight(classes, LAST), graph.weight(classes), transB=1)
    graph.weights.append(numpy_helper.from_array(np.float32(gain), "gain"))
    graph.add("Mul", "gain")
    graph.nodes[-1].output[0] = "logits"
    return _model(graph, classes, side)


def _block(graph: Graph, channels: tuple[int, int], expansion: int, stride: int) -> None:
    """Widen, look at each channel by itself, and narrow again; beside it, what came in, when its shape is the same."""
    before, after = channels
    wide, came_in = before * expansion, graph.flow
    if expansion > 1:
        graph.convolve((before, wide))
        graph.clip()
    graph.convolve((wide, wide), 3, stride=stride, groups=wide)
    graph.clip()
    graph.convolve((wide, after))
    if stride == 1 and before == after:
        graph.add("Add", came_in)


def _model(graph: Graph, classes: int, side: int) -> bytes:
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, side, side])
    told = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", classes])
    made = helper.make_graph(graph.nodes, "mobilenet", [given], [told], graph.weights)
    model = helper.make_model(made, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return model.SerializeToString()
