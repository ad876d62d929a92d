"""The photographs of the corpora through the real server: labelled by the model that comes with us, and found again."""

from pathlib import Path

import httpx

from tests.serving import ADMIN_KEY, RunningServer

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF", ".png": "PNG"}
PHOTOGRAPHS = (
    "2569067123_aca715a2ee_o.jpg",
    "4.webp",
    "Channel_digital_image_CMYK_color.jpg",
    "Crash_test.gif",
    *(f"Landscape_{number}.jpg" for number in (1, 3, 6, 8)),
    *(f"Portrait_{number}.jpg" for number in (1, 5, 6, 8)),
    "embedgravitybird.png",
    "test_image_01.jpeg",
    "test_image_03.jpeg",
)

CLASSIFY = (
    """mutation ($ids: [ID!]!) { classify(input: {imageIds: $ids}) { job { id } userErrors { code message } } }"""
)

LABELS = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Image {
  id labels { name score model modelVersion classifiedAt } } } }"""

FIND = """query ($flow: String!, $label: String!, $score: Float!) {
  images(first: 100, filter: {flow: $flow, label: $label, minLabelScore: $score}) { edges { node { id } } } }"""


def test_photographs_are_labelled_and_found(shared_server: RunningServer, corpora: Path) -> None:
    ids = []
    for name in PHOTOGRAPHS:
        path = corpora / "photos" / name
        uploaded = shared_server.upload(path.read_bytes(), FORMATS[path.suffix], flows=["labelled photographs"])
        shared_server.watch_to_end(uploaded["job"]["id"])
        ids.append(uploaded["image"]["id"])

    started = shared_server.graphql(CLASSIFY, ids=ids)["classify"]
    shared_server.watch_to_end(started["job"]["id"])
    labels = {image["id"]: image["labels"] for image in shared_server.graphql(LABELS, ids=ids)["nodes"]}

    assert all(given and given[0]["model"] == "picture-kind" for given in labels.values()), labels
    surest = {image_id: given[0]["name"] for image_id, given in labels.items()}
    assert list(surest.values()).count("photograph") > len(ids) / 2, surest
    sure = {i for i, given in labels.items() if any(x["name"] == "photograph" and x["score"] >= 0.5 for x in given)}
    found = shared_server.graphql(FIND, flow="labelled photographs", label="photograph", score=0.5)["images"]["edges"]
    assert {edge["node"]["id"] for edge in found} == sure

    body = {"client_type_str": "web", "images_ids_lst": ids}
    answer = httpx.post(
        f"{shared_server.url}/v1/images/classify", json=body, headers={"GF-Api-Key": ADMIN_KEY}, timeout=60
    ).json()
    assert answer["status"] == "OK"
    assert set(answer["data"]["classes_lst"]) == {label["name"] for given in labels.values() for label in given}
