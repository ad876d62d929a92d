"""What every database keeps of users and their keys."""

from dataclasses import replace

import pytest
from record_factories import after, make_key, make_user

from app.domain.errors import Conflict, NotFound
from app.domain.viewer import Role, Scope, UserId
from app.ports.records import Records


async def test_returns_a_user_as_it_was_added(records: Records) -> None:
    ada, bob = make_user("ada"), make_user("Bob Ö.", role=Role.ADMIN)

    await records.users.add(ada)
    await records.users.add(bob)

    assert await records.users.find_many((bob.id, UserId("user:none"), ada.id)) == {ada.id: ada, bob.id: bob}
    assert await records.users.find_by_name("Bob Ö.") == bob
    assert await records.users.find_by_name("bob ö.") is None


@pytest.mark.parametrize("taken", [{"id": UserId("user:other")}, {"name": "other"}])
async def test_refuses_an_id_or_name_that_is_taken(records: Records, taken: dict[str, str]) -> None:
    ada = make_user("ada")
    await records.users.add(ada)

    with pytest.raises(Conflict):
        await records.users.add(replace(ada, role=Role.ADMIN, **taken))

    assert await records.users.find_by_name("ada") == ada
    assert await records.users.find_by_name("other") is None


async def test_puts_a_user_anew_but_for_when_it_was_made(records: Records) -> None:
    ada = make_user("ada")
    await records.users.put(ada)

    await records.users.put(replace(ada, name="Ada L.", role=Role.ADMIN, created_at=after(9)))

    assert await records.users.find_many((ada.id,)) == {ada.id: replace(ada, name="Ada L.", role=Role.ADMIN)}


async def test_puts_no_user_by_a_name_that_another_has(records: Records) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    await records.users.add(ada)
    await records.users.add(bob)

    with pytest.raises(Conflict):
        await records.users.put(replace(bob, name="ada"))

    assert await records.users.find_many((ada.id, bob.id)) == {ada.id: ada, bob.id: bob}


async def test_lists_the_keys_of_one_user_oldest_first(records: Records) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    await records.users.add(ada)
    await records.users.add(bob)
    newer = make_key(ada.id, created_at=after(2), scopes=(Scope.READ, Scope.UPLOAD))
    older = make_key(ada.id, created_at=after(1), revoked_at=after(3))
    for key in (newer, make_key(bob.id), older):
        await records.users.put_key(key)

    assert await records.users.keys_of(ada.id) == (older, newer)


async def test_finds_a_key_with_its_user(records: Records) -> None:
    ada = make_user()
    await records.users.add(ada)
    key = make_key(ada.id, expires_at=after(60))

    await records.users.put_key(key)

    assert await records.users.find_key(key.id) == (key, ada)
    assert await records.users.find_key("none") is None


async def test_replaces_a_key_of_the_same_id(records: Records) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    await records.users.add(ada)
    await records.users.add(bob)
    key = make_key(ada.id, revoked_at=after(1))
    await records.users.put_key(key)
    other = make_key(bob.id, id=key.id, name="server", expires_at=after(9), created_at=after(5), scopes=(Scope.READ,))

    await records.users.put_key(other)

    assert await records.users.list_keys() == ((other, bob),)


async def test_refuses_a_key_of_nobody(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.users.put_key(make_key(UserId("user:none")))

    assert await records.users.list_keys() == ()


async def test_lists_keys_oldest_first(records: Records) -> None:
    ada = make_user()
    await records.users.add(ada)
    newer, older = make_key(ada.id, created_at=after(2)), make_key(ada.id, created_at=after(1))
    await records.users.put_key(newer)
    await records.users.put_key(older)

    assert await records.users.list_keys() == ((older, ada), (newer, ada))


async def test_revokes_a_key_for_good(records: Records) -> None:
    ada = make_user()
    await records.users.add(ada)
    key = make_key(ada.id)
    await records.users.put_key(key)

    await records.users.revoke_key(key.id, after(3))
    await records.users.revoke_key(key.id, after(9))

    assert await records.users.find_key(key.id) == (replace(key, revoked_at=after(3)), ada)


async def test_refuses_to_revoke_what_is_not_there(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.users.revoke_key("none", after(1))


async def test_check_returns_when_all_is_well(records: Records) -> None:
    await records.check()
    await records.check()
