"""What an identity provider says becomes a role and a name here, or a refusal that says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app_pages._oidc import claimed, identity, role
from db.roles import Role
from db.write import SignInRefused
from settings.access import Provider

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
PROVIDER = Provider("https://id", "c", "s", {"looks": "viewer", "digs": "analyst", "runs": "admin"})
CLAIMS: dict[str, Any] = {
    "iss": "https://id",
    "sub": "7",
    "iat": int(NOW.timestamp()),
    "preferred_username": "王五",
    "groups": ["digs", "others"],
}


def test_who_it_is_rests_on_issuer_and_subject() -> None:
    """Not on a name or an address, which may be given to somebody else later."""
    found = identity(CLAIMS, PROVIDER, NOW)
    assert (found.subject, found.name, found.role) == ("https://id|7", "王五", Role.ANALYST)
    assert identity(CLAIMS | {"nonce": "x"}, PROVIDER, NOW).proof != found.proof


def test_the_strongest_of_several_roles_counts() -> None:
    """People are in more than one group."""
    assert role(CLAIMS | {"groups": ["looks", "runs", "digs"]}, PROVIDER) is Role.ADMIN


@pytest.mark.parametrize("groups", [[], ["others"], None, "", {"digs": True}])
def test_without_a_group_of_ours_nobody_gets_in(groups: object) -> None:
    """There is no role by default."""
    with pytest.raises(SignInRefused, match="没有分配"):
        role(CLAIMS | {"groups": groups}, PROVIDER)


@pytest.mark.parametrize("missing", ["iss", "sub", "iat"])
def test_claims_that_say_not_who_or_when_are_refused(missing: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(SignInRefused, match="身份信息"):
        identity(CLAIMS | {missing: None}, PROVIDER, NOW)


@pytest.mark.parametrize("moved", [timedelta(minutes=-11), timedelta(minutes=3)])
def test_old_claims_open_nothing(moved: timedelta) -> None:
    """Nor those of a clock that is far ahead."""
    with pytest.raises(SignInRefused, match="过期"):
        identity(CLAIMS | {"iat": (NOW + moved).timestamp()}, PROVIDER, NOW)


@pytest.mark.parametrize(
    ("claims", "path", "expected"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"role": "a"}, "role", ["a"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://x.org/roles": ["a"]}, "https://x.org/roles", ["a"]),
        ({"realm_access": "a"}, "realm_access.roles", []),
        ({}, "groups", []),
    ],
)
def test_claims_are_found_where_providers_put_them(
    claims: dict[str, Any], path: str, expected: list[str]
) -> None:
    """One value, a list, or inside another claim."""
    assert claimed(claims, path) == expected
