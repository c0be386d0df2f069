"""Databases on the throw-away PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

ADMIN = "postgres"


def created(server: str, options: str) -> Iterator[str]:
    """URL of a new database, dropped afterwards; `options` such as a template to copy."""
    name = "t_" + uuid.uuid4().hex[:12]
    administer(server, f"CREATE DATABASE {name} {options}")
    yield named(server, name)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def named(server: str, name: str) -> str:
    """The server's URL with another database."""
    return server.replace(f"/{ADMIN}?", f"/{name}?")


def administer(server: str, statement: str) -> None:
    """Run a statement that no transaction may hold."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
