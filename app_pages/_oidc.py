"""What an identity provider says of a person -> who that is here. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from db.roles import Role
from db.write import Identity, SignInRefused
from settings.access import ROLES, Provider

FRESH = timedelta(minutes=10)
"""A provider's token opens a session only while it is this young."""

SKEW = timedelta(minutes=2)
"""How far the provider's clock may be ahead."""


def identity(claims: Mapping[str, Any], provider: Provider, now: datetime) -> Identity:
    """Raises SignInRefused: the claims are old, say not who it is, or give no role."""
    issuer, subject, issued = claims.get("iss"), claims.get("sub"), claims.get("iat")
    if not issuer or not subject or not isinstance(issued, int | float):
        raise SignInRefused("单位账号系统没有返回必要的身份信息（iss、sub、iat），请联系管理员")
    age = now.timestamp() - issued
    if not -SKEW.total_seconds() <= age <= FRESH.total_seconds():
        raise SignInRefused("单位账号的登录已过期，请重新登录")
    name = str(claims.get(provider.name_claim) or claims.get("email") or subject)
    text = json.dumps(dict(claims), sort_keys=True, default=str)
    proof = hashlib.sha256(text.encode()).hexdigest()
    return Identity(f"{issuer}|{subject}", name, role(claims, provider), proof)


def role(claims: Mapping[str, Any], provider: Provider) -> Role:
    """The strongest role that the person's groups give. Raises SignInRefused: none does."""
    said = claimed(claims, provider.role_claim)
    given = {provider.roles[group] for group in said if group in provider.roles}
    if not given:
        raise SignInRefused("您的单位账号没有分配 TrustWatch 的角色，请联系管理员")
    return Role(max(given, key=ROLES.index))


def claimed(claims: Mapping[str, Any], path: str) -> list[str]:
    """The values of a claim, one or many; dots lead inside (realm_access.roles), unless the claim's name has them."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [str(value) for value in found] if isinstance(found, list | tuple) else []
