"""Who may do what: what one may not see does not exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.pictures import make_picture
from tests.serving import RunningServer

FLOW_MUTATIONS = {
    "updateFlow": 'updateFlow(input: {name: "NAME", description: "mine now"})',
    "deleteFlow": 'deleteFlow(input: {name: "NAME"})',
    "addToFlow": 'addToFlow(input: {flow: "NAME", imageIds: ["IMAGE"]})',
    "removeFromFlow": 'removeFromFlow(input: {flow: "NAME", imageIds: ["IMAGE"]})',
}


@dataclass(frozen=True)
class Household:
    """A server on which a private and a public flow, each with an image, belong to the admin."""

    server: RunningServer
    stranger: str
    looker: str
    private_image: dict[str, Any]
    public_image: dict[str, Any]
    job_id: str

    def ask(self, query: str, key: str | None) -> Any:
        return self.server.graphql(query, key=key)


@pytest.fixture(scope="module")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    server = RunningServer(tmp_path_factory.mktemp("household") / "data")
    server.start()
    server.graphql('mutation { createFlow(input: {name: "private", isPublic: false}) { flow { name } } }')
    server.graphql('mutation { createFlow(input: {name: "public", isPublic: true}) { flow { name } } }')
    private = server.upload(make_picture(seed=1), "JPEG", flows=["private"])
    public = server.upload(make_picture(seed=2), "JPEG", flows=["public"])
    for payload in (private, public):
        server.watch_to_end(payload["job"]["id"])
    yield Household(
        server=server,
        stranger=server.run_cli("keys", "create", "stranger").strip(),
        looker=server.run_cli("keys", "create", "looker", "--role", "viewer").strip(),
        private_image=private["image"],
        public_image=public["image"],
        job_id=private["job"]["id"],
    )
    server.stop()


@pytest.mark.parametrize("who", ["stranger", "looker", None])
def test_shows_others_nothing_of_private_flows(household: Household, who: str | None) -> None:
    key = getattr(household, who) if who else None
    image_id = household.private_image["id"]

    seen = household.ask(
        f"""{{ flow(name: "private") {{ name }} image(id: "{image_id}") {{ id }} node(id: "flow:private") {{ id }}
        nodes(ids: ["{image_id}", "{household.job_id}"]) {{ id }} job(id: "{household.job_id}") {{ id }}
        images {{ totalCount edges {{ node {{ id }} }} }} flows {{ edges {{ node {{ name }} }} }} }}""",
        key,
    )

    assert seen == {
        "flow": None,
        "image": None,
        "node": None,
        "nodes": [None, None],
        "job": None,
        "images": {"totalCount": 1, "edges": [{"node": {"id": household.public_image["id"]}}]},
        "flows": {"edges": [{"node": {"name": "general"}}, {"node": {"name": "public"}}]},
    }


def test_serves_private_objects_by_signed_addresses_alone(household: Household) -> None:
    signed = household.private_image["url"]
    plain = signed.split("?")[0]

    statuses = [httpx.get(address).status_code for address in (signed, plain, signed[:-1] + "_")]

    assert statuses == [200, 404, 403]
    assert "?" not in household.public_image["url"]


@pytest.mark.parametrize("name", sorted(FLOW_MUTATIONS))
@pytest.mark.parametrize("flow", ["private", "public"])
def test_lets_a_stranger_change_no_flow(household: Household, name: str, flow: str) -> None:
    call = FLOW_MUTATIONS[name].replace("NAME", flow).replace("IMAGE", household.public_image["id"])

    payload = household.ask(f"mutation {{ {call} {{ flow {{ name }} userErrors {{ code }} }} }}", household.stranger)

    expected = "NOT_FOUND" if flow == "private" else "FORBIDDEN"
    assert payload == {name: {"flow": None, "userErrors": [{"code": expected}]}}
    assert household.ask('{ flow(name: "public") { description imageCount } }', None) == {
        "flow": {"description": "", "imageCount": 1}
    }


def test_lets_a_stranger_delete_no_image(household: Household) -> None:
    ids = f'["{household.public_image["id"]}", "{household.private_image["id"]}"]'

    payload = household.ask(
        f"mutation {{ deleteImages(input: {{ids: {ids}}}) {{ deletedIds userErrors {{ code }} }} }}", household.stranger
    )["deleteImages"]

    assert payload == {"deletedIds": None, "userErrors": [{"code": "FORBIDDEN"}]}
    assert household.server.graphql("{ images { totalCount } }") == {"images": {"totalCount": 2}}


def test_lets_a_viewer_change_nothing(household: Household) -> None:
    payload = household.ask(
        'mutation { createFlow(input: {name: "new"}) { flow { name } userErrors { code } } }', household.looker
    )["createFlow"]

    assert payload == {"flow": None, "userErrors": [{"code": "FORBIDDEN"}]}


def test_lets_only_admins_import_local_files(household: Household) -> None:
    payload = household.ask(
        'mutation { startJob(input: {local: {path: "/tmp"}}) { job { id } userErrors { code } } }', household.stranger
    )["startJob"]

    assert payload == {"job": None, "userErrors": [{"code": "FORBIDDEN"}]}


def test_lets_an_editor_of_a_flow_fill_and_see_it(household: Household) -> None:
    server, image_id = household.server, household.private_image["id"]
    stranger_id = household.ask("{ viewer { user { id } } }", household.stranger)["viewer"]["user"]["id"]
    server.graphql('mutation { createFlow(input: {name: "shared", isPublic: false}) { flow { name } } }')
    add = f'mutation {{ addToFlow(input: {{flow: "shared", imageIds: ["{image_id}"]}}) {{ userErrors {{ code }} }} }}'
    server.graphql(add)

    server.graphql(
        'mutation ($editors: [ID!]) { updateFlow(input: {name: "shared", editors: $editors}) { userErrors { code } } }',
        editors=[stranger_id],
    )
    seen = household.ask(
        f'{{ flow(name: "shared") {{ images {{ totalCount }} }} image(id: "{image_id}") {{ id }} }}', household.stranger
    )

    server.graphql('mutation { deleteFlow(input: {name: "shared"}) { userErrors { code } } }')
    assert seen == {"flow": {"images": {"totalCount": 1}}, "image": {"id": image_id}}


def test_revokes_a_key_at_once(household: Household) -> None:
    key = household.server.run_cli("keys", "create", "leaver").strip()
    before = household.server.post("{ viewer { role } }", key=key).status_code

    household.server.run_cli("keys", "revoke", key.split("_")[1])

    assert (before, household.server.post("{ viewer { role } }", key=key).status_code) == (200, 401)
    assert key.split("_", 2)[2] not in household.server.run_cli("keys", "list")


def test_signs_the_page_in_on_loopback_alone(household: Household) -> None:
    url = household.server.url
    own = httpx.get(url)
    foreign_name = httpx.get(url, headers={"Host": "rebound.example"})
    proxied = httpx.get(url, headers={"X-Forwarded-For": "203.0.113.7"})
    cookie = own.headers["set-cookie"]

    asked = httpx.post(f"{url}/graphql", json={"query": "{ viewer { role } }"}, cookies=own.cookies)

    assert asked.json()["data"] == {"viewer": {"role": "ADMIN"}}
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "set-cookie" not in foreign_name.headers
    assert "set-cookie" not in proxied.headers
