"""What operators measure, as Prometheus reads it."""

from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.container.bundle import Services
from app.domain import policy
from app.settings import Settings
from app.web.auth import is_loopback


async def send_metrics(request: Request) -> Response:
    """GET: all readings, for an admin; in development, for who asks on the machine itself, too.

    In production a proxy that runs beside the server would make everybody look like that.
    """
    services: Services = request.app.state.services
    settings: Settings = request.app.state.settings
    if not (settings.is_development and is_loopback(request)):
        policy.require_admin(request.state.viewer)
    services.meter.set_depth(await services.records.jobs.depth())
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    headers = {"Content-Type": content_type, "Cache-Control": "no-store"}
    return Response(encode(services.meter.registry), headers=headers)


routes = [Route("/metrics", send_metrics, methods=["GET"])]
