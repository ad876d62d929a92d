"""Label rules of flows, and what they did, in every database."""

from record_factories import NOW, OWNER, after, make_flow, make_image

from app.domain.flow import FlowChanges
from app.domain.image import new_image_id
from app.domain.label import Label
from app.domain.label_rule import FlowLabelling, LabelAction, LabelRule
from app.ports.records import Records

RULES = (LabelRule("chart", 0.75, tag="figures"), LabelRule("drawing", 1 / 3, to_flow="sketches"))
LABELLING = FlowLabelling(True, "kinds", RULES, OWNER)
LABEL = Label("chart", 0.9, "kinds", "1", NOW)


async def test_a_flow_keeps_how_it_is_labelled(records: Records) -> None:
    await records.flows.add(make_flow("plain"))
    await records.flows.add(make_flow("ruled", labelling=LABELLING))

    changed = await records.flows.update("plain", FlowChanges(labelling=FlowLabelling(False, None, (), OWNER)))
    found = await records.flows.find_many(("plain", "ruled"))

    assert changed.labelling == FlowLabelling(False, None, (), OWNER)
    assert {name: flow.labelling for name, flow in found.items()} == {"plain": changed.labelling, "ruled": LABELLING}


async def test_other_changes_leave_it_as_it_is(records: Records) -> None:
    await records.flows.add(make_flow("ruled", labelling=LABELLING))

    changed = await records.flows.update("ruled", FlowChanges(description="other"))

    assert changed.labelling == LABELLING


async def test_keeps_what_rules_did_and_why(records: Records) -> None:
    image, other = [await records.images.add(make_image(), ()) for _ in range(2)]
    tagged = LabelAction(image.id, "ruled", RULES[0], LABEL, after(1))
    placed = LabelAction(image.id, "ruled", RULES[1], Label("drawing", 0.5, "kinds", "2", NOW), after(2))

    await records.labels.add_actions((placed, tagged))

    assert await records.labels.find_actions((image.id, other.id, new_image_id())) == {image.id: (tagged, placed)}


async def test_a_thing_is_done_to_an_image_once(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    first = LabelAction(image.id, "ruled", RULES[0], LABEL, after(1))
    await records.labels.add_actions((first,))

    await records.labels.add_actions((LabelAction(image.id, "another", RULES[0], LABEL, after(2)),))

    assert await records.labels.find_actions((image.id,)) == {image.id: (first,)}


async def test_what_was_done_goes_with_the_image(records: Records) -> None:
    image = await records.images.add(make_image(), ())
    await records.labels.add_actions((LabelAction(image.id, "ruled", RULES[0], LABEL, NOW),))

    await records.images.delete((image.id,))
    await records.labels.add_actions((LabelAction(image.id, "ruled", RULES[0], LABEL, NOW),))

    assert await records.labels.find_actions((image.id,)) == {}
