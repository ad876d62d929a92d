"""What tests of plugins share: a server with plugins of other people, installed as packages are."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from tests.serving import RunningServer

SOURCE = Path(__file__).parent / "tagger.py"
PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "gf-images-tagger"
version = "1.0"
[project.entry-points."gf_images.plugins"]
tagger = "gf_tagger:open_tagger"
troublemaker = "gf_tagger:open_troublemaker"
[tool.hatch.build.targets.wheel]
only-include = ["gf_tagger.py"]
"""


@pytest.fixture(scope="session")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a package with two plugins was installed by pip."""
    project, folder = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("installed")
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "gf_tagger.py").write_bytes(SOURCE.read_bytes())
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(folder), str(project)], check=True, timeout=120)
    return folder


def serve_with(folder: Path, plugin_folder: Path, **settings: str) -> RunningServer:
    paths = os.pathsep.join([str(plugin_folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    server = RunningServer(folder / "data", {"PYTHONPATH": paths, **settings})
    server.start()
    return server


@pytest.fixture
def start(tmp_path: Path, plugin_folder: Path) -> Callable[..., RunningServer]:
    """Starts a server of the test's own with settings; who starts it stops it."""
    return partial(serve_with, tmp_path, plugin_folder)


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that takes each bright tile of a grid of 8 x 8 for a face."""
    side, tiles, tile = 64, 8, [8, 8]
    lefts, uppers = np.meshgrid(np.arange(tiles) / tiles, np.arange(tiles) / tiles)
    boxes = np.stack([lefts, uppers, lefts + 1 / tiles, uppers + 1 / tiles], axis=-1).reshape(-1, 4)
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["gray"], axes=[1], keepdims=1),
        helper.make_node("AveragePool", ["gray"], ["grid"], kernel_shape=tile, strides=tile),
        helper.make_node("Reshape", ["grid", "flat"], ["scores"]),
        helper.make_node("Identity", ["all_boxes"], ["boxes"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bright-tiles",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [tiles * tiles, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [tiles * tiles]),
        ],
        [
            numpy_helper.from_array(boxes.astype(np.float32), "all_boxes"),
            numpy_helper.from_array(np.array([tiles * tiles], np.int64), "flat"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    path = tmp_path_factory.mktemp("model") / "faces.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def tagging_server(tmp_path_factory: pytest.TempPathFactory, plugin_folder: Path) -> Iterator[RunningServer]:
    server = serve_with(
        tmp_path_factory.mktemp("tagging"),
        plugin_folder,
        GF_PLUGINS="tagger, troublemaker",
        GF_PLUGIN_OPTIONS='{"tagger": {"tag": "Harbour", "refuses_red": true}}',
    )
    yield server
    server.stop()


@pytest.fixture(scope="session")
def changing_server(
    tmp_path_factory: pytest.TempPathFactory, plugin_folder: Path, detector: Path
) -> Iterator[RunningServer]:
    """A server that blurs faces, and then lays a watermark over them."""
    folder = tmp_path_factory.mktemp("changing")
    buffer = BytesIO()
    Image.new("RGB", (20, 10), "#ff00ff").save(buffer, "PNG")
    (folder / "mark.png").write_bytes(buffer.getvalue())
    server = serve_with(
        folder,
        plugin_folder,
        GF_PLUGINS="face-blur,watermark",
        GF_FACE_DETECTOR=str(detector),
        GF_WATERMARK=str(folder / "mark.png"),
        GF_WATERMARK_OPACITY="1",
    )
    yield server
    server.stop()
