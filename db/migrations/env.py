"""Called by Alembic; the connection, its transaction and its lock come from db.migrations."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from db.schema import Base, Utc
from db.search import is_derived


def _render(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """New revisions speak of plain SQLAlchemy types: they must still run when schema.py has moved on."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Utc) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
    include_name=lambda name, kind, _parents: kind != "table" or not is_derived(name),
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
