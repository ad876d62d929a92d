"""A server with all that the older routes lead to: mail, a model, an origin that it may fetch from, and images."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.inference.models import BLUE, mean_color, paint, write_model
from tests.mail_server import MailServer, open_mail_server
from tests.origins import Origin, open_origin, whole
from tests.pictures import make_picture
from tests.rest.old_client import OldClient
from tests.serving import RunningServer


@dataclass(frozen=True)
class World:
    """An admin, somebody else, one who may only look, nobody; and an image of one blue that is in the flow `sea`."""

    old: OldClient
    stranger: OldClient
    looker: OldClient
    signed_out: OldClient
    mail_server: MailServer
    origin: Origin
    image_id: str
    job_id: str
    data: bytes

    @property
    def server(self) -> RunningServer:
        return self.old.server

    def upload(self, data: bytes, **query: str) -> str:
        """Return the id of an image that was uploaded by REST and is ready."""
        image_id, job_id = self.old.upload(data, **query)
        self.server.watch_to_end(job_id)
        return image_id


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    write_model(folder / "shelf", "colors", mean_color())
    with open_mail_server() as mail_server, open_origin({"/sea.jpg": whole(make_picture(seed=610))}) as origin:
        settings = {
            "GF_SMTP_URL": mail_server.url(),
            "GF_MAIL_FROM": "gf@img.test",
            "GF_MAILS_PER_RECEIVER": "2",
            "GF_MODELS_DIR": str(folder / "shelf"),
            "GF_MODEL": "colors",
            "GF_FETCH_ALLOW_CIDRS": "127.0.0.0/8",
        }
        server = RunningServer(folder / "data", settings)
        server.start()
        try:
            old, data = OldClient(server), paint(folder, BLUE).read_bytes()
            image_id, job_id = old.upload(data, imgf="png", imgn="Sea", f="sea")
            server.watch_to_end(job_id)
            stranger = OldClient(server, server.run_cli("keys", "create", "stranger").strip())
            looker = OldClient(server, server.run_cli("keys", "create", "looker", "--role", "viewer").strip())
            signed_out = OldClient(server, key=None)
            yield World(old, stranger, looker, signed_out, mail_server, origin, image_id, job_id, data)
        finally:
            server.stop()
