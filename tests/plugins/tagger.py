"""A plugin as others write one: a package of its own, which knows `app.imaging.plugins` alone."""

import os
import time
from collections.abc import Mapping

from app.imaging.plugins import Finding, Given, Plugin


def open_tagger(options: Mapping[str, object]) -> Plugin:
    def look(given: Given) -> Finding:
        red, green, blue = given.picture.convert("RGB").resize((1, 1)).getpixel((0, 0))
        if options.get("refuses_red") and red > 200 and max(green, blue) < 60:
            return Finding(veto="too red")
        name, score = options.get("label", ("Bright", (red + green + blue) / 765))
        return Finding(
            tags=("seen by tagger", str(options.get("tag", "none"))),
            labels={name: score, "picture": 1},
            metadata={"mean colour": f"#{red:02x}{green:02x}{blue:02x}", "title": given.title},
        )

    return look


NONSENSE: Mapping[str, object] = {
    "exaggerate": Finding(labels={"sure": 1.01}),
    "ramble": Finding(metadata={"word": "x" * 1001}),
    "babble": "nonsense",
}


def open_troublemaker(options: Mapping[str, object]) -> Plugin:
    def fail(given: Given) -> Finding:
        match given.title:
            case "raise":
                raise KeyError("a secret")
            case "die":
                os._exit(3)
            case "sleep":
                time.sleep(600)
            case "whisper":
                given.picture.info |= {"comment": b"a secret", "icc_profile": b"a secret"}
                return Finding(picture=given.picture)
            case "hoard":
                bytearray(8 * 2**30)
        return NONSENSE.get(given.title, Finding())  # type: ignore[return-value]  # as plugins may

    return fail
