"""How streams end when the server stops: with a hint when to connect again, to another one or the next."""

import asyncio
import random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.container.bundle import Services

RETRY_MS = (500, 2_500)
"""Between these clients come back, so that not all do at once."""


class EndStreams:
    """Ends server-sent events once `stopping` is set: whole events, a `retry`, and no word that they are complete.

    Everything else goes on to its end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        services: Services = scope["app"].state.services
        request = asyncio.current_task()
        ending: asyncio.Task[None] | None = None

        async def note_streams(message: Message) -> None:
            nonlocal ending
            if ending is None and _begins_events(message) and request is not None:
                ending = asyncio.create_task(_cancel_when(services.stopping, request))
            await send(message)

        try:
            await self.app(scope, receive, note_streams)
        except asyncio.CancelledError:
            if request is None or ending is None or not ending.done():
                raise
            request.uncancel()
            retry = f"retry: {random.randint(*RETRY_MS)}\n\n"  # noqa: S311 - spreads clients, hides nothing
            await send({"type": "http.response.body", "body": retry.encode()})
        finally:
            if ending is not None:
                ending.cancel()


def _begins_events(message: Message) -> bool:
    return message["type"] == "http.response.start" and any(
        name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"]
    )


async def _cancel_when(stopping: asyncio.Event, request: asyncio.Task[object]) -> None:
    await stopping.wait()
    request.cancel()
