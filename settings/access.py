"""Who reaches the pages and how people sign in, from the environment: address, public URL, identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from settings.loader import SettingsError

ROLES = ("viewer", "analyst", "liaison", "approver", "admin")
"""Ids of the roles, weakest first where a person has several."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ADDRESS, PUBLIC_URL = "TRUSTWATCH_ADDRESS", "TRUSTWATCH_PUBLIC_URL"
OIDC_URL, OIDC_ID, OIDC_SECRET = (
    "TRUSTWATCH_OIDC_URL",
    "TRUSTWATCH_OIDC_CLIENT_ID",
    "TRUSTWATCH_OIDC_CLIENT_SECRET",
)
OIDC_ROLES, OIDC_ROLE_CLAIM = "TRUSTWATCH_OIDC_ROLES", "TRUSTWATCH_OIDC_ROLE_CLAIM"
OIDC_NAME_CLAIM, OIDC_SCOPE, OIDC_LABEL = (
    "TRUSTWATCH_OIDC_NAME_CLAIM",
    "TRUSTWATCH_OIDC_SCOPE",
    "TRUSTWATCH_OIDC_LABEL",
)


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider. `roles`: value of the claim -> role id; nobody else gets in."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, str]
    role_claim: str = "groups"
    name_claim: str = "preferred_username"
    scope: str = "openid profile email"
    label: str = "单位账号"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the pages are served and who vouches for people."""

    address: str = "127.0.0.1"
    public_url: str | None = None
    provider: Provider | None = None

    @property
    def local(self) -> bool:
        """Served to this machine alone."""
        return self.address in LOOPBACK

    @property
    def secure(self) -> bool:
        """Reached by https: cookies say so."""
        return bool(self.public_url and self.public_url.startswith("https://"))

    def base(self, port: int) -> str:
        """The address that people type, without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{port}"


def access(environment: Mapping[str, str]) -> Access:
    """Raises SettingsError naming the variable that is wrong or missing."""
    address = environment.get(ADDRESS, "").strip() or "127.0.0.1"
    public = environment.get(PUBLIC_URL, "").strip().rstrip("/") or None
    if public is not None:
        parts = urlsplit(public)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise SettingsError(
                f"{PUBLIC_URL}={public} 应为不带路径的网址，例如 https://trustwatch.example.org"
            )
    if address not in LOOPBACK and public is None:
        raise SettingsError(
            f"{ADDRESS}={address} 会让其他机器访问看板，请同时设置 {PUBLIC_URL}（人们在浏览器中输入的网址），"
            "例如 https://trustwatch.example.org"
        )
    return Access(address, public, _provider(environment))


def _provider(environment: Mapping[str, str]) -> Provider | None:
    names = (OIDC_URL, OIDC_ID, OIDC_SECRET, OIDC_ROLES)
    given = {name: environment.get(name, "").strip() for name in names}
    if not any(given.values()):
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise SettingsError(f"单位账号登录（OIDC）还缺少环境变量：{'、'.join(missing)}")
    optional = {
        "role_claim": OIDC_ROLE_CLAIM,
        "name_claim": OIDC_NAME_CLAIM,
        "scope": OIDC_SCOPE,
        "label": OIDC_LABEL,
    }
    more = {
        key: environment[name].strip() for key, name in optional.items() if environment.get(name, "").strip()
    }
    roles = _roles(given[OIDC_ROLES])
    return Provider(given[OIDC_URL], given[OIDC_ID], given[OIDC_SECRET], roles, **more)


def _roles(text: str) -> dict[str, str]:
    """`risk-committee=viewer,risk-analysts=analyst`"""
    found = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        group, separator, role = (part.strip() for part in pair.rpartition("="))
        if not separator or not group or role not in ROLES:
            raise SettingsError(
                f"{OIDC_ROLES} 中的“{pair}”应写成 分组=角色，角色为 {'、'.join(ROLES)} 之一，以逗号分隔"
            )
        found[group] = role
    return found
