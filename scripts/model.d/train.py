"""Train the model on generated pictures, always to the same weights: scripts/model train FOLDER.

Needs torch (2.13 was used) and onnx beside what the project needs, in an environment of its own.
"""

import io
import multiprocessing
import sys
from pathlib import Path

import numpy as np
import torch
from network import SIDE, make_network, to_onnx
from numpy.typing import NDArray
from pictures import MAKERS, make_pictures
from PIL import Image
from torch import nn

EACH = 448
"""Pictures of each class that are trained on."""

SEED = 20_260
"""Training takes SEED, SEED + 1 … ; what the model is judged by is made from other seeds (evaluate.py)."""

PARTS = 14
EPOCHS = 10
BATCH = 64
RATE = 4e-3


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    torch.set_num_threads(1)  # sums are made in one order
    torch.backends.mkldnn.enabled = False  # whose kernels are as many as there are kinds of processors
    with multiprocessing.Pool() as pool:
        parts = pool.map(_make_part, range(PARTS))
    pictures = torch.from_numpy(np.concatenate([part[0] for part in parts]))
    kinds = torch.from_numpy(np.concatenate([part[1] for part in parts]))
    network = make_network(len(MAKERS)).to(memory_format=torch.channels_last)
    _train(network, pictures, kinds)
    model = to_onnx(network.eval(), len(MAKERS))
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in MAKERS), encoding="utf-8")


def _make_part(part: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    names = list(MAKERS)
    pictures, kinds = [], []
    for name, data in make_pictures(SEED + part, EACH // PARTS):
        pictures.append(squeeze(data))
        kinds.append(names.index(name))
    return np.stack(pictures), np.array(kinds)


def squeeze(data: bytes) -> NDArray[np.uint8]:
    """Return pixels of shape (3, 96, 96): the whole picture, whatever its shape was."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(picture).transpose(2, 0, 1)


def _train(network: nn.Module, pictures: torch.Tensor, kinds: torch.Tensor) -> None:
    steps = EPOCHS * (len(pictures) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    losses = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(pictures))[: steps // EPOCHS * BATCH].split(BATCH):
            optimizer.zero_grad()
            loss = losses(network(_vary(pictures[chosen])), kinds[chosen])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {total * EPOCHS / steps:.4f}", flush=True)


def _vary(pictures: torch.Tensor) -> torch.Tensor:
    """Return (n, 3, 96, 96) from -1 to 1, mirrored, turned, cropped, lit and coloured by chance."""
    batch = pictures.float() / 127.5 - 1
    if torch.rand(()) < 0.5:
        batch = batch.flip(3)
    if torch.rand(()) < 0.15:
        batch = batch.transpose(2, 3)
    count = len(batch)
    scale = 1 - 0.35 * torch.rand(count, 1)
    shift = (torch.rand(count, 2) * 2 - 1) * (1 - scale)
    diagonal = torch.diag_embed(scale.expand(count, 2))
    grid = nn.functional.affine_grid(torch.cat([diagonal, shift[..., None]], 2), list(batch.shape), align_corners=False)
    batch = nn.functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
    contrast = 1 + 0.25 * (torch.rand(count, 1, 1, 1) * 2 - 1)
    tint = 0.12 * (torch.rand(count, 3, 1, 1) * 2 - 1) + 0.2 * (torch.rand(count, 1, 1, 1) * 2 - 1)
    return (batch * contrast + tint).clamp(-1, 1).contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
