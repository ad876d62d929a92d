"""What models said of images, in every database."""

import pytest
from record_factories import NOW, OWNER, OWNER_VIEWER, after, make_classification, make_flow, make_image

from app.domain.flow import FlowEventKind
from app.domain.image import Image, ImageFilter, ImageOrder, ImageOrderField, ImageState, new_image_id
from app.domain.label import Label
from app.domain.page import PageRequest
from app.ports.records import Records


async def keep(records: Records, **values: object) -> Image:
    return await records.images.add(make_image(**values), ())


async def list_titles(records: Records, filters: ImageFilter, order: ImageOrder | None = None) -> str:
    """Return the titles that are listed, in order, when the count agrees."""
    page = await records.images.list(OWNER_VIEWER, filters, order or ImageOrder(), PageRequest(100))
    assert await records.images.count(OWNER_VIEWER, filters) == len(page.items)
    return "".join(image.title for image in page.items)


async def test_keeps_what_a_model_says_best_first(records: Records) -> None:
    image, other, unknown = await keep(records), await keep(records), await keep(records)
    await records.labels.put(make_classification(image.id, "chart", "drawing", score=1 / 3))
    await records.labels.put(make_classification(other.id, "photograph"))

    found = await records.labels.find_of_images((image.id, other.id, unknown.id, new_image_id()))

    assert found == {
        image.id: (
            Label("chart", 1 / 3, "kinds", "1", NOW),
            Label("drawing", 1 / 3 - 1 / 100, "kinds", "1", NOW),
        ),
        other.id: (Label("photograph", 0.5, "kinds", "1", NOW),),
    }


async def test_several_models_stand_side_by_side(records: Records) -> None:
    image = await keep(records)
    await records.labels.put(make_classification(image.id, "cat", score=0.25, model="b", model_version="7"))
    await records.labels.put(make_classification(image.id, "cat", "dog", score=0.75, classified_at=after(1)))
    await records.labels.put(make_classification(image.id, "cat", score=0.25, model="a", model_version="7"))

    labels = (await records.labels.find_of_images((image.id,)))[image.id]

    assert [(label.name, label.score, label.model) for label in labels] == [
        ("cat", 0.75, "kinds"),
        ("dog", 0.74, "kinds"),
        ("cat", 0.25, "a"),
        ("cat", 0.25, "b"),
    ]
    assert [label.classified_at for label in labels] == [after(1), after(1), NOW, NOW]


async def test_what_a_model_says_anew_replaces_what_it_said(records: Records) -> None:
    image = await keep(records, title="x")
    await records.labels.put(make_classification(image.id, "cat", "dog"))
    await records.labels.put(make_classification(image.id, "cat", score=0.25, model="other"))

    await records.labels.put(make_classification(image.id, "dog", score=0.125, model_version="2"))

    assert (await records.labels.find_of_images((image.id,)))[image.id] == (
        Label("cat", 0.25, "other", "1", NOW),
        Label("dog", 0.125, "kinds", "2", NOW),
    )
    assert await list_titles(records, ImageFilter(label="cat", min_label_score=0.26)) == ""
    assert await list_titles(records, ImageFilter(label="dog", min_label_score=0.125)) == "x"


async def test_a_model_may_be_sure_of_nothing(records: Records) -> None:
    image = await keep(records)
    await records.labels.put(make_classification(image.id, "cat"))

    await records.labels.put(make_classification(image.id, model_version="2"))

    assert await records.labels.find_of_images((image.id,)) == {}
    assert await records.labels.find_outdated("kinds", "2", 10) == ()
    assert await records.labels.find_outdated("kinds", "3", 10) == (image.id,)


async def test_labels_go_with_their_image(records: Records) -> None:
    image = await keep(records, title="x")
    await records.labels.put(make_classification(image.id, "cat"))

    await records.images.delete((image.id,))
    await records.labels.put(make_classification(image.id, "cat"))

    assert await records.labels.find_of_images((image.id,)) == {}
    assert await records.labels.find_outdated("kinds", "2", 10) == ()
    assert await list_titles(records, ImageFilter(label="cat")) == ""


async def test_finds_what_an_older_version_looked_at(records: Records) -> None:
    old, new, foreign, failed = [await keep(records) for _ in range(4)]
    older = await keep(records)
    for image, version in ((old, "1"), (new, "2"), (older, "0"), (failed, "1")):
        await records.labels.put(make_classification(image.id, "cat", model_version=version))
    await records.labels.put(make_classification(foreign.id, "cat", model="other"))
    await records.images.delete((failed.id,))
    await records.images.add(make_image(id=failed.id, state=ImageState.FAILED), ())

    assert await records.labels.find_outdated("kinds", "2", 10) == tuple(sorted((old.id, older.id)))
    assert await records.labels.find_outdated("kinds", "2", 1) == (min(old.id, older.id),)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ImageFilter(label="cat"), "cba"),
        (ImageFilter(label="ca"), ""),
        (ImageFilter(label="cat", min_label_score=0.5), "cb"),
        (ImageFilter(label="cat", min_label_score=0.75), "c"),
        (ImageFilter(label="cat", min_label_score=0.76), ""),
        (ImageFilter(label="dog"), "d"),
        (ImageFilter(label="cat", tag="sea"), "b"),
        (ImageFilter(label="cat", flow="quays"), "ba"),
        (ImageFilter(label="cat", flow="quays", min_label_score=0.5), "b"),
        (ImageFilter(label="cat", owner_id=OWNER, created_after=after(0.9)), "c"),
        (ImageFilter(label="cat", sha256="bb" * 32), "b"),
        (ImageFilter(min_label_score=0.9), "dcba"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("order", [ImageOrder(), ImageOrder(ImageOrderField.TITLE)], ids=str)
async def test_lists_images_by_a_label_and_its_least_score(
    records: Records, filters: ImageFilter, expected: str, order: ImageOrder
) -> None:
    await records.flows.add(make_flow("quays"))
    images = {title: make_image(title=title, created_at=after(place)) for place, title in enumerate("acd")}
    images["b"] = make_image(title="b", created_at=after(0.5), tags=("sea",), sha256="bb" * 32)
    for title, image in images.items():
        await records.images.add(image, ("quays",) if title in "ab" else ())
    for title, model, score in [("a", "x", 0.1), ("a", "y", 0.2), ("b", "x", 0.5), ("b", "y", 0.1), ("c", "x", 0.75)]:
        await records.labels.put(make_classification(images[title].id, "cat", score=score, model=model))
    await records.labels.put(make_classification(images["d"].id, "dog"))

    assert await list_titles(records, filters, order) == expected


async def test_flows_log_that_an_image_was_classified(records: Records) -> None:
    await records.flows.add(make_flow("quays"))
    image = await records.images.add(make_image(), ("quays",))

    await records.labels.put(make_classification(image.id, "cat"))
    await records.labels.put(make_classification(image.id, "dog", model_version="2"))

    events = await records.flows.events("quays", after=1)
    assert [(event.kind, event.image_id) for event in events] == [(FlowEventKind.CHANGED, image.id)] * 2
