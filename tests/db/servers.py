"""Databases on the throw-away PostgreSQL server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

ADMIN = "postgres"


def created(server: str) -> Iterator[str]:
    """URL of a new database, dropped afterwards."""
    name = "t_" + uuid.uuid4().hex[:12]
    administer(server, f"CREATE DATABASE {name}")
    yield named(server, name)
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def named(server: str, name: str) -> str:
    """The server's URL with another database."""
    return server.replace(f"/{ADMIN}?", f"/{name}?")


def administer(server: str, *statements: str) -> None:
    """Run statements outside any transaction; rather fail than wait for a connection that a test left open."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '5s'")
        for statement in statements:
            connection.execute(statement)
