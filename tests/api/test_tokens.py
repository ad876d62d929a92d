"""Signing in with JSON Web Tokens: of the operator's own application, and of an identity provider."""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
import websockets
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.oidc_provider import AUDIENCE, OidcProvider, run_provider
from tests.serving import RunningServer

OWN_KEY, OLDER_KEY = "n" * 32, "o" * 40
VIEWER = "{ viewer { user { id name } role scopes } }"


@dataclass(frozen=True)
class Realm:
    """A server, whom it trusts, and whom it does not."""

    server: RunningServer
    oidc: OidcProvider
    stranger: Any

    def own(self, key: str = OWN_KEY, kid: str = "new", algorithm: str = "HS256", **more: object) -> str:
        now = int(time.time())
        told = {"iss": "gf-images", "aud": "gf-images", "sub": "ada", "iat": now, "exp": now + 300, **more}
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, key, algorithm, headers={"kid": kid})

    def ask(self, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.server.url}/graphql", json={"query": VIEWER}, headers=headers, timeout=60)

    def viewer(self, token: str) -> Any:
        answer = self.ask(token)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["viewer"]


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    with run_provider() as oidc:
        oidc.add_key("rsa")
        oidc.add_key("ec", elliptic=True)
        server = RunningServer(
            tmp_path_factory.mktemp("realm") / "data",
            {
                "GF_JWT_KEYS": f"new:{OWN_KEY},old:{OLDER_KEY}",
                "GF_OIDC_ISSUER": oidc.issuer,
                "GF_OIDC_AUDIENCE": AUDIENCE,
            },
        )
        server.start()
        yield Realm(server, oidc, generate_private_key(65537, 2048))
        server.stop()


def encode(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def unsigned(realm: Realm, algorithm: str, signature: str = "") -> str:
    head = {"alg": algorithm, "typ": "JWT", "kid": "new"}
    return f"{encode(head)}.{realm.own().split('.')[1]}.{signature}"


def with_head(realm: Realm, **more: object) -> str:
    """Return a token that is signed with the right key, whatever its head says."""
    return with_parts({"alg": "HS256", "kid": "new", **more}, realm.own().split(".")[1])


def with_parts(head: object, body: object, key: str = OWN_KEY) -> str:
    first = f"{encode(head)}.{body if isinstance(body, str) else encode(body)}"
    return f"{first}.{encode(hmac.digest(key.encode(), first.encode(), 'sha256'))}"


def hmac_by_public_key(realm: Realm, kid: str) -> str:
    """Return a token whose shared key is what everybody may read: PyJWT makes none, so it is made by hand."""
    public = realm.oidc.keys["rsa"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    first = f"{encode({'alg': 'HS256', 'kid': kid})}.{encode(realm.oidc.claims())}"
    return f"{first}.{encode(hmac.digest(public, first.encode(), 'sha256'))}"


def by_stranger(realm: Realm, kid: str, **head: object) -> str:
    return jwt.encode(realm.oidc.claims(), realm.stranger, "RS256", headers={"kid": kid, **head})


def altered(token: str, **more: object) -> str:
    head, body, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{encode({**told, **more})}.{signature}"


NOW = int(time.time())
DEEP = b'{"alg":' + b"[" * 2_000
FORGED: dict[str, Callable[[Realm], str]] = {
    "none": lambda r: unsigned(r, "none"),
    "none in other letters": lambda r: unsigned(r, "nOnE"),
    "none with a signature": lambda r: unsigned(r, "none", r.own().split(".")[2]),
    "no algorithm": lambda r: with_parts({"kid": "new"}, r.own().split(".")[1]),
    "an algorithm that is a list": lambda r: with_head(r, alg=["HS256"]),
    "no signature": lambda r: r.own().rsplit(".", 1)[0] + ".",
    "half a signature": lambda r: r.own()[:-20],
    "an empty key": lambda r: with_parts({"alg": "HS256", "kid": "new"}, r.own().split(".")[1], key=""),
    "another key": lambda r: r.own("x" * 32),
    "the key of another id": lambda r: r.own(OLDER_KEY, "new"),
    "no key id": lambda r: jwt.encode(r.oidc.claims(iss="gf-images", aud="gf-images"), OWN_KEY, "HS256"),
    "an unknown key id": lambda r: r.own(kid="newer"),
    "a key id that is a number": lambda r: with_head(r, kid=5),
    "a key id that is a list": lambda r: with_head(r, kid=["new"]),
    "a key id that is a path": lambda r: r.own(kid="../../../dev/null"),
    "a key id that is SQL": lambda r: r.own(kid="new' OR '1'='1"),
    "a key id of 3 KB": lambda r: r.own(kid="k" * 3_000),
    "HS384 with our key": lambda r: r.own(OWN_KEY * 2, algorithm="HS384"),
    "HS512 with our key": lambda r: r.own(OWN_KEY * 2, algorithm="HS512"),
    "RS256 in the head, HMAC below": lambda r: with_head(r, alg="RS256"),
    "the public key as a shared one": lambda r: hmac_by_public_key(r, "rsa"),
    "the public key under our key id": lambda r: hmac_by_public_key(r, "new"),
    "a key of its own in the head": lambda r: by_stranger(
        r, "mine", jwk=json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(r.stranger.public_key()))
    ),
    "an address of keys in the head": lambda r: by_stranger(r, "mine", jku="http://127.0.0.1:9/keys"),
    "an address of a certificate": lambda r: by_stranger(r, "mine", x5u="http://127.0.0.1:9/cert"),
    "another key under the provider's id": lambda r: by_stranger(r, "rsa"),
    "PS256 with a key for RS256": lambda r: r.oidc.sign("rsa", "PS256"),
    "RS512 with a key for RS256": lambda r: r.oidc.sign("rsa", "RS512"),
    "an elliptic key under the id of another": lambda r: jwt.encode(
        r.oidc.claims(), r.oidc.keys["ec"], "ES256", headers={"kid": "rsa"}
    ),
    "our issuer with the provider's key": lambda r: r.oidc.sign("rsa", iss="gf-images", aud="gf-images"),
    "the provider's issuer with our key": lambda r: r.own(iss=r.oidc.issuer, aud=AUDIENCE),
    "no end": lambda r: r.own(exp=None),
    "no begin": lambda r: r.own(iat=None),
    "no subject": lambda r: r.own(sub=None),
    "no audience": lambda r: r.own(aud=None),
    "no issuer": lambda r: r.own(iss=None),
    "an end in the past": lambda r: r.own(exp=NOW - 60),
    "an end a moment ago": lambda r: r.own(exp=int(time.time()) - 1),
    "an end that is a word": lambda r: with_parts({"alg": "HS256", "kid": "new"}, r.oidc.claims(exp="never")),
    "an end that is true": lambda r: r.own(exp=True),
    "an end that is a list": lambda r: r.own(exp=[NOW + 300]),
    "an end that is infinite": lambda r: r.own(exp=float("inf")),
    "an end that is no number": lambda r: r.own(exp=float("nan")),
    "an end beyond all years": lambda r: r.own(exp=10**30),
    "an end before all years": lambda r: r.own(exp=-(10**30)),
    "made in the future": lambda r: r.own(iat=NOW + 3_600),
    "not good before later": lambda r: r.own(nbf=NOW + 3_600),
    "another audience": lambda r: r.oidc.sign("rsa", aud="letters"),
    "other audiences": lambda r: r.oidc.sign("rsa", aud=["letters", "books"]),
    "another issuer": lambda r: r.oidc.sign("rsa", iss="https://evil.example"),
    "an issuer with a stroke": lambda r: r.oidc.sign("rsa", iss=f"{r.oidc.issuer}/"),
    "issuers": lambda r: with_parts({"alg": "HS256", "kid": "new"}, r.oidc.claims(iss=["gf-images"])),
    "an empty subject": lambda r: r.own(sub=""),
    "a subject that is a number": lambda r: with_parts(
        {"alg": "HS256", "kid": "new"}, r.oidc.claims(iss="gf-images", aud="gf-images", sub=5)
    ),
    "a subject of two lines": lambda r: r.own(sub="ada\nadmin"),
    "a subject with half a letter": lambda r: r.own(sub="ada\ud800"),
    "a subject of 300 letters": lambda r: r.own(sub="a" * 300),
    "9 KB": lambda r: r.own(filler="x" * 9_000),
    "claims changed after signing": lambda r: altered(r.own(), role="ADMIN"),
    "claims that are a list": lambda r: with_parts({"alg": "HS256", "kid": "new"}, []),
    "claims that are no JSON": lambda r: with_parts({"alg": "HS256", "kid": "new"}, b"{"),
    "claims 2,000 deep": lambda r: with_parts({"alg": "HS256", "kid": "new"}, b'{"a":' + b"[" * 2_000),
    "a head that is no JSON": lambda r: f"{encode(b'{' + b'x')}.{r.own().split('.')[1]}.x",
    "a head 2,000 deep": lambda r: f"{encode(DEEP)}.{r.own().split('.')[1]}.x",
    "a head that must be understood": lambda r: with_head(r, crit=["exp"]),
    "a body that is sent apart": lambda r: with_head(r, b64=False, crit=["b64"]),
    "five parts": lambda r: f"{r.own()}.{r.own().split('.')[1]}.x",
}


@pytest.mark.parametrize("name", FORGED)
def test_takes_no_forged_token(realm: Realm, name: str) -> None:
    token = FORGED[name](realm)

    answer = realm.ask(token)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHENTICATED"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert token[-30:] not in answer.text


def test_takes_a_good_token_after_all_of_these(realm: Realm) -> None:
    subject = secrets.token_hex(4)

    viewer = realm.viewer(realm.own(sub=subject, name="Grace", role="Editor"))

    assert (viewer["user"]["name"], viewer["role"], viewer["scopes"]) == ("Grace", "EDITOR", ["ADMIN"])


def test_takes_tokens_of_both_keys_as_of_one_user(realm: Realm) -> None:
    subject = secrets.token_hex(4)

    viewers = [realm.viewer(realm.own(key, kid, sub=subject)) for key, kid in ((OWN_KEY, "new"), (OLDER_KEY, "old"))]

    assert viewers[0] == viewers[1]
    assert (viewers[0]["user"]["name"], viewers[0]["role"]) == (subject, "VIEWER")


@pytest.mark.parametrize(("key", "algorithm"), [("rsa", "RS256"), ("ec", "ES256")])
def test_takes_tokens_of_the_provider(realm: Realm, key: str, algorithm: str) -> None:
    subject = secrets.token_hex(4)

    viewer = realm.viewer(realm.oidc.sign(key, algorithm, sub=subject, preferred_username="lin", aud=[AUDIENCE, "x"]))

    assert viewer["user"]["name"].split()[0] == "lin"


def test_users_are_what_the_provider_says(realm: Realm) -> None:
    subject = secrets.token_hex(4)

    first = realm.viewer(realm.oidc.sign("rsa", sub=subject, name=f"Mary {subject}", role="editor"))
    later = realm.viewer(realm.oidc.sign("rsa", sub=subject, name=f"Marie {subject}", role=["staff", "admin"]))
    last = realm.viewer(realm.oidc.sign("rsa", sub=subject, name=f"Marie {subject}"))

    assert {viewer["user"]["id"] for viewer in (first, later, last)} == {first["user"]["id"]}
    assert [viewer["user"]["name"].split()[0] for viewer in (first, later, last)] == ["Mary", "Marie", "Marie"]
    assert [viewer["role"] for viewer in (first, later, last)] == ["EDITOR", "ADMIN", "VIEWER"]


def test_the_same_subject_of_another_issuer_is_somebody_else(realm: Realm) -> None:
    subject, name = secrets.token_hex(4), f"Twin {secrets.token_hex(4)}"

    ours = realm.viewer(realm.own(sub=subject, name=name))["user"]
    theirs = realm.viewer(realm.oidc.sign("rsa", sub=subject, name=name))["user"]
    again = realm.viewer(realm.oidc.sign("rsa", sub=subject, name=name))["user"]

    assert (ours["name"], theirs["name"]) == (name, f"{name} {theirs['id'].removeprefix('user:')[:8]}")
    assert ours["id"] != theirs["id"]
    assert again == theirs


def test_nobody_becomes_the_first_admin_by_name(realm: Realm) -> None:
    viewer = realm.viewer(realm.own(sub="user:admin", name="admin"))

    assert viewer["user"]["id"] != "user:admin"
    assert viewer["user"]["name"].startswith("admin ")
    assert viewer["role"] == "VIEWER"


async def test_a_socket_opens_with_a_good_token_alone(realm: Realm) -> None:
    address = realm.server.url.replace("http", "ws") + "/graphql"
    answers = []
    for token in (realm.own(), FORGED["none"](realm)):
        async with websockets.connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
            payload = {"Authorization": f"Bearer {token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            try:
                answers.append(json.loads(await socket.recv())["type"])
            except websockets.ConnectionClosed:
                answers.append(socket.close_code)

    assert answers == ["connection_ack", 4403]


@pytest.mark.parametrize("carry", ["header", "cookie"])
def test_old_pages_sign_in_with_tokens(realm: Realm, carry: str) -> None:
    def begin(token: str) -> Any:
        value = f"Bearer {token}"
        headers = {"Authorization": value} if carry == "header" else {"Cookie": f'Authorization="{value}"; gf_sess=x'}
        query = {"imgf": "jpeg", "imgn": "a", "f": "general", "ct": "browser", "auth_r": "0"}
        answer = httpx.get(f"{realm.server.url}/v1/images/upload_init", params=query, headers=headers, timeout=60)
        assert answer.status_code == 200
        return answer.json()

    good, forged = begin(realm.own(role="editor")), begin(FORGED["another key"](realm))

    assert (good["status"], list(good["data"])) == ("OK", ["upload_info_map"])
    assert forged == {"status": "ERROR", "data": {"handler_error_user_msg": "unauthorized access"}}
