"""The network: its shape in torch, and its weights as an ONNX graph."""

from collections.abc import Sequence

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

SIDE = 96
"""px: pictures are squeezed to a square of this side."""

OPSET = 17

# Depthwise separable convolutions as in MobileNet (A. Howard et al., 2017, https://arxiv.org/abs/1704.04861):
# (channels out, stride) of each.
FIRST = 16
BLOCKS = ((32, 2), (48, 1), (64, 2), (96, 1), (128, 2), (128, 1))


def make_network(classes: int) -> nn.Sequential:
    """Return the network: (n, 3, 96, 96) to logits of shape (n, classes)."""
    layers: list[nn.Module] = [*_convolution(3, FIRST, stride=2)]
    width = FIRST
    for channels, stride in BLOCKS:
        layers += _convolution(width, width, stride=stride, groups=width)
        layers += _convolution(width, channels, size=1)
        width = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(width, classes))


def _convolution(before: int, after: int, *, size: int = 3, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(before, after, size, stride, padding=size // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.ReLU()]


def to_onnx(network: nn.Sequential, classes: int) -> onnx.ModelProto:
    """Return the trained network, each normalisation folded into the convolution before it."""
    nodes, weights, flow = [], [], "input"
    layers = list(network)
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            weights += _fold(place, layer, layers[place + 1])
            nodes += _convolve(place, layer, flow)
            flow = f"relu{place}"
        elif isinstance(layer, nn.Linear):
            weights += [_weight("weight", layer.weight), _weight("bias", layer.bias)]
            nodes += [
                helper.make_node("GlobalAveragePool", [flow], ["pooled"]),
                helper.make_node("Flatten", ["pooled"], ["features"]),
                helper.make_node("Gemm", ["features", "weight", "bias"], ["logits"], transB=1),
            ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    told = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", classes])
    graph = helper.make_graph(nodes, "picture-kind", [given], [told], weights)
    model = helper.make_model(
        graph, producer_name="gf-images", ir_version=8, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _fold(place: int, convolution: nn.Conv2d, normalisation: nn.Module) -> Sequence[TensorProto]:
    assert isinstance(normalisation, nn.BatchNorm2d)  # noqa: S101 - so the network is made
    mean, variance = normalisation.running_mean, normalisation.running_var
    assert mean is not None  # noqa: S101 - it tracks them
    assert variance is not None  # noqa: S101
    gain = normalisation.weight / torch.sqrt(variance + normalisation.eps)
    return [
        _weight(f"w{place}", convolution.weight * gain[:, None, None, None]),
        _weight(f"b{place}", normalisation.bias - mean * gain),
    ]


def _convolve(place: int, convolution: nn.Conv2d, flow: str) -> list[onnx.NodeProto]:
    edge = int(convolution.kernel_size[0]) // 2
    return [
        helper.make_node(
            "Conv",
            [flow, f"w{place}", f"b{place}"],
            [f"conv{place}"],
            kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride),
            pads=[edge] * 4,
            group=convolution.groups,
        ),
        helper.make_node("Relu", [f"conv{place}"], [f"relu{place}"]),
    ]


def _weight(name: str, tensor: torch.Tensor) -> TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(tensor.detach().numpy(), np.float32), name)
