"""The folder of models: what lies in it, and what of that can be used."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.model import Model, fault_of
from app.inference.card import CARD, WEIGHTS, ModelFault, read_card, read_labels
from app.inference.messages import LoadedCard
from app.inference.weights import read_weights

SHIPPED: Final = Path(__file__).parent / "models"
"""The models that come with this program."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A model, and what an inference process needs to know of it; None when it cannot be used."""

    model: Model
    loaded: LoadedCard | None


def read_shelf(folder: Path, wanted: str | None) -> dict[str, Entry]:
    """Return the models of a folder by name; each has a folder of its own name in it. One that is wanted and is not
    there has an entry, too, which says so.
    """
    names = sorted(_list_names(folder))
    entries = {name: _read_entry(folder, name) for name in names}
    if wanted is not None and wanted not in entries:
        fault = f"there is no model of that name in {folder}." if folder.is_dir() else f"there is no folder {folder}."
        entries[wanted] = Entry(Model(wanted, fault=fault_of(wanted, fault)), None)
    return entries


def _list_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [
        child.name
        for child in folder.iterdir()
        if _NAME.fullmatch(child.name) and ((child / CARD).exists() or (child / WEIGHTS).exists())
    ]


def _read_entry(folder: Path, name: str) -> Entry:
    try:
        _check_inside(folder, name)
        card = read_card(folder / name)
        loaded = LoadedCard(str(folder / name), card, read_labels(folder / name, card))
        read_weights(folder / name, card)
    except ModelFault as fault:
        return Entry(Model(name, fault=fault_of(name, str(fault))), None)
    return Entry(_describe(loaded), loaded)


def _check_inside(folder: Path, name: str) -> None:
    """Raises: ModelFault, when a link leads out of the folder."""
    root = folder.resolve()
    for path in (folder / name, *(folder / name).iterdir()):
        if not path.resolve().is_relative_to(root):
            raise ModelFault(f"{path.name} is a link that leads out of the folder of models.")


def _describe(loaded: LoadedCard) -> Model:
    card = loaded.card
    return Model(
        name=card.name,
        version=card.version,
        description=card.description,
        licence=card.licence,
        source=card.source,
        sha256=card.sha256,
        labels=loaded.labels,
    )
