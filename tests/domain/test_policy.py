"""Who may do what: roles, scopes and the roles of a flow."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.domain import policy
from app.domain.errors import DomainError
from app.domain.flow import Flow
from app.domain.viewer import ANONYMOUS, Role, Scope, User, UserId, Viewer

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MEMBERS = {
    "editor": UserId("user:editor"),
    "viewer": UserId("user:viewer"),
    "admin": UserId("user:flow-admin"),
    "owner": UserId("user:owner"),
    "nobody": UserId("user:nobody"),
}

PASSES, SIGN_IN, FORBIDDEN, HIDDEN = "passes", "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"


def make_viewer(user_id: str = "user:one", role: Role = Role.EDITOR, scope: Scope = Scope.ADMIN) -> Viewer:
    return Viewer(User(UserId(user_id), user_id, role, NOW), (scope,))


def make_flow(*, is_public: bool) -> Flow:
    return Flow(
        name="harbours",
        description="",
        owner_id=MEMBERS["owner"],
        is_public=is_public,
        editor_ids=(MEMBERS["editor"],),
        storage="local",
        created_at=NOW,
        viewer_ids=(MEMBERS["viewer"],),
        admin_ids=(MEMBERS["admin"],),
    )


def outcome(check: Callable[[], object]) -> str:
    try:
        check()
    except DomainError as error:
        return error.code
    return PASSES


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.VIEWER, [PASSES, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
        (Role.EDITOR, [PASSES, PASSES, PASSES, FORBIDDEN]),
        (Role.ADMIN, [PASSES, PASSES, PASSES, PASSES]),
    ],
)
def test_a_role_says_what_a_user_may(role: Role, expected: list[str]) -> None:
    viewer = make_viewer(role=role)

    checks = (policy.require_user, policy.require_uploader, policy.require_editor, policy.require_admin)

    assert [outcome(lambda check=check: check(viewer)) for check in checks] == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.READ, [PASSES, FORBIDDEN, FORBIDDEN, FORBIDDEN]),
        (Scope.UPLOAD, [PASSES, PASSES, FORBIDDEN, FORBIDDEN]),
        (Scope.WRITE, [PASSES, PASSES, PASSES, FORBIDDEN]),
        (Scope.ADMIN, [PASSES, PASSES, PASSES, PASSES]),
    ],
)
def test_a_scope_narrows_what_the_role_allows(scope: Scope, expected: list[str]) -> None:
    viewer = make_viewer(role=Role.ADMIN, scope=scope)

    checks = (policy.require_user, policy.require_uploader, policy.require_editor, policy.require_admin)

    assert [outcome(lambda check=check: check(viewer)) for check in checks] == expected
    assert viewer.is_admin is (scope is Scope.ADMIN)


def test_nobody_may_do_anything_signed_out() -> None:
    checks = (policy.require_user, policy.require_uploader, policy.require_editor, policy.require_admin)

    assert [outcome(lambda check=check: check(ANONYMOUS)) for check in checks] == [SIGN_IN] * 4


@pytest.mark.parametrize(
    ("who", "may_see", "filling", "changing"),
    [
        ("owner", True, PASSES, PASSES),
        ("admin", True, PASSES, PASSES),
        ("editor", True, PASSES, FORBIDDEN),
        ("viewer", True, FORBIDDEN, FORBIDDEN),
        ("nobody", False, HIDDEN, HIDDEN),
    ],
)
def test_a_private_flow_has_roles_of_its_own(who: str, may_see: bool, filling: str, changing: str) -> None:
    viewer, flow = make_viewer(MEMBERS[who]), make_flow(is_public=False)

    assert policy.can_see_flow(viewer, flow) is may_see
    assert outcome(lambda: policy.fill_flow(viewer, flow)) == filling
    assert outcome(lambda: policy.edit_flow(viewer, flow)) == changing


def test_a_public_flow_is_seen_by_all_and_changed_by_its_own() -> None:
    viewer, flow = make_viewer(MEMBERS["nobody"]), make_flow(is_public=True)

    assert policy.can_see_flow(ANONYMOUS, flow)
    assert outcome(lambda: policy.fill_flow(viewer, flow)) == FORBIDDEN
    assert outcome(lambda: policy.edit_flow(viewer, flow)) == FORBIDDEN


def test_no_flow_allows_what_a_role_forbids_everywhere() -> None:
    viewer, flow = make_viewer(MEMBERS["admin"], Role.VIEWER), make_flow(is_public=False)

    assert policy.can_see_flow(viewer, flow)
    assert outcome(lambda: policy.fill_flow(viewer, flow)) == FORBIDDEN
    assert outcome(lambda: policy.edit_flow(viewer, flow)) == FORBIDDEN


def test_an_admin_acts_as_every_owner_but_not_by_a_lesser_scope() -> None:
    flow = make_flow(is_public=False)

    seen = [policy.can_see_flow(make_viewer(role=Role.ADMIN, scope=scope), flow) for scope in Scope]

    assert seen == [False, False, False, True]
