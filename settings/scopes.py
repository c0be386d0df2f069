"""Which constants judge a platform: its own, else those of its class, else those for all."""

from __future__ import annotations

from collections.abc import Mapping

from settings.models import Override, Overrides, Thresholds


def resolved(thresholds: Thresholds, platform_id: str, category: str | None) -> Thresholds:
    """The thresholds of one platform, without overrides.

    The four lines, the weights and the single-index share come whole from the narrowest scope that has them; floors
    by name. category: None, or a class without exceptions: its platform alone can have some.
    """
    found = thresholds.model_copy(update={"overrides": Overrides()})
    for one in (
        thresholds.overrides.category.get(category or ""),
        thresholds.overrides.platform.get(platform_id),
    ):
        if one is not None:
            found = found.model_copy(update=_own(found, one))
    return found


def groups(
    thresholds: Thresholds, categories: Mapping[str, str | None]
) -> list[tuple[Thresholds, tuple[str, ...]]]:
    """Platforms that are judged by the same constants: (resolved, ids), both in the order of `categories`.

    Args:    categories: platform id -> its class; None = the industry's rows, which belong to none.
    """
    own = thresholds.overrides
    members: dict[tuple[str | None, str | None], list[str]] = {}
    for platform, category in categories.items():
        key = (
            category if category in own.category else None,
            platform if platform in own.platform else None,
        )
        members.setdefault(key, []).append(platform)
    return [
        (resolved(thresholds, platform or "", category), tuple(ids))
        for (category, platform), ids in members.items()
    ]


def _own(wider: Thresholds, one: Override) -> dict[str, object]:
    changed: dict[str, object] = {}
    if one.lines is not None:
        lines = one.lines
        changed |= {name: getattr(lines, name) for name in type(lines).model_fields}
    if one.weights is not None:
        changed["weights"] = one.weights
    if one.single_index_share is not None:
        changed["single_index_share"] = one.single_index_share
    if one.floors:
        changed["floors"] = {**wider.floors, **one.floors}
    return changed
