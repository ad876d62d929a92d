"""The old editor, which sends finished pictures."""

import asyncio
from collections.abc import Mapping

from app.rest.envelope import Call
from app.rest.wire import answers, editor


async def save(call: Call) -> Mapping[str, object]:
    """Make a new image of what the editor sends, as JSON or as the form of the old page."""
    raw = await call.raw_body(editor.max_body_bytes(call.services.uploads.max_bytes))
    saved = await asyncio.to_thread(editor.saved_picture, raw)  # tens of megabytes
    _, image = await call.services.saving.save(call.viewer, saved)
    return answers.saved_image(image)
