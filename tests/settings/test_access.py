"""Who reaches the pages, from the environment: what is wrong or half said is refused by the name of the variable."""

from __future__ import annotations

import pytest

from settings.access import access
from settings.loader import SettingsError

OIDC = {
    "TRUSTWATCH_OIDC_URL": "https://id.example.org/.well-known/openid-configuration",
    "TRUSTWATCH_OIDC_CLIENT_ID": "trustwatch",
    "TRUSTWATCH_OIDC_CLIENT_SECRET": "s3cret",
    "TRUSTWATCH_OIDC_ROLES": "风险委员会=viewer",
}


def test_without_anything_it_is_this_machine_alone() -> None:
    """Loopback, no provider, no https."""
    found = access({})
    assert (found.address, found.local, found.secure, found.provider) == ("127.0.0.1", True, False, None)
    assert found.base(8501) == "http://127.0.0.1:8501"


def test_a_public_url_is_what_people_type() -> None:
    """Its slash at the end does not matter; https makes the cookies secure."""
    found = access({"TRUSTWATCH_ADDRESS": "0.0.0.0", "TRUSTWATCH_PUBLIC_URL": "https://t.example.org/"})
    assert (found.local, found.secure, found.base(1)) == (False, True, "https://t.example.org")


@pytest.mark.parametrize("url", ["t.example.org", "ftp://t", "https://t/x", "https://", "https://t?x=1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """By the variable's name."""
    with pytest.raises(SettingsError, match="TRUSTWATCH_PUBLIC_URL"):
        access({"TRUSTWATCH_PUBLIC_URL": url})


def test_other_machines_need_an_address_to_type() -> None:
    """Else no form could be told from another site's."""
    with pytest.raises(SettingsError, match="TRUSTWATCH_PUBLIC_URL"):
        access({"TRUSTWATCH_ADDRESS": "0.0.0.0"})


def test_groups_become_roles() -> None:
    """The last sign of equality parts them; the secret shows in no message."""
    environment = OIDC | {"TRUSTWATCH_OIDC_ROLES": "风险委员会=viewer,risk=x=admin"}
    provider = access(environment | {"TRUSTWATCH_OIDC_ROLE_CLAIM": "realm_access.roles"}).provider
    assert provider is not None
    assert provider.roles == {"风险委员会": "viewer", "risk=x": "admin"}
    assert provider.role_claim == "realm_access.roles"
    assert "s3cret" not in repr(provider)


@pytest.mark.parametrize("missing", list(OIDC))
def test_a_provider_is_said_whole(missing: str) -> None:
    """What is missing is named."""
    with pytest.raises(SettingsError, match=missing):
        access({name: value for name, value in OIDC.items() if name != missing})


@pytest.mark.parametrize("roles", ["a", "a=boss", "=viewer", "a=viewer,b"])
def test_a_role_that_we_do_not_know_is_refused(roles: str) -> None:
    """With the list of those that we do."""
    with pytest.raises(SettingsError, match=r"viewer、analyst、liaison、approver、admin"):
        access(OIDC | {"TRUSTWATCH_OIDC_ROLES": roles})
