"""An identity provider for tests: a real HTTP server that signs with real keys, and rotates them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "pictures"

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey


class OidcProvider:
    """Publishes the keys that it has; `asked` lists the paths that were read."""

    def __init__(self, url: str) -> None:
        self.issuer = url
        self.keys: dict[str, PrivateKey] = {}
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, bytes]] = {}
        """What is answered instead, by path: to be broken on purpose."""
        self.published: list[dict[str, Any]] = []

    def add_key(self, key_id: str, *, elliptic: bool = False, **fields: object) -> None:
        key = generate_ec_key(SECP256R1()) if elliptic else generate_rsa_key(65537, 2048)
        self.keys[key_id] = key
        public = (ECAlgorithm if elliptic else RSAAlgorithm).to_jwk(key.public_key(), as_dict=True)
        self.published.append({**public, "kid": key_id, "use": "sig", **fields})

    def withdraw(self, key_id: str) -> None:
        self.published = [key for key in self.published if key["kid"] != key_id]

    def claims(self, **more: object) -> dict[str, Any]:
        """Return what a good token says; None leaves a claim out."""
        now = int(time.time())
        told = {"iss": self.issuer, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 300, **more}
        return {name: value for name, value in told.items() if value is not None}

    def sign(self, key_id: str, algorithm: str = "RS256", **more: object) -> str:
        return jwt.encode(self.claims(**more), self.keys[key_id], algorithm, headers={"kid": key_id})

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}).encode()
        return (200, json.dumps({"keys": self.published}).encode()) if path == "/keys" else (404, b"")


@contextmanager
def run_provider() -> Iterator[OidcProvider]:
    """Run a provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = provider.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing: the test runner shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OidcProvider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
