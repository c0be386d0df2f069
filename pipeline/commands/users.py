"""`pipeline users`: who may sign in, for the day when no administrator can."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from db import read, write
from db.passwords import hash_password, random_password
from db.roles import Role, command_line
from db.session import Session
from pipeline.errors import UsageFault, reported
from pipeline.prepare import open_workplace
from signals.model import SHANGHAI

ROLES = "、".join(f"{role}（{role.word}）" for role in Role)
Name = Annotated[str, typer.Argument(help="用户名")]
Why = Annotated[str, typer.Option("--why", help="理由，记入审计日志")]
Kind = Annotated[Role, typer.Option("--role", help=f"角色：{ROLES}")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="用户：列出、新建、改角色、重置密码、停用、恢复。", no_args_is_help=True)
    group.command("list", help="列出用户、角色与状态。")(list_)
    group.command("add", help="新建用户并显示一次初始密码。")(add)
    group.command("role", help="修改角色。")(role)
    group.command("reset", help="重置密码并显示一次新的初始密码；其会话全部结束。")(reset)
    group.command("lock", help="停用用户；其会话全部结束。")(lock)
    group.command("unlock", help="恢复被停用的用户。")(unlock)
    app.add_typer(group, name="users")


def list_() -> None:
    """name, role, state, last sign-in, open sessions; tab-separated."""
    with reported():
        now = datetime.now(UTC)
        with open_workplace(now).database.reading() as session:
            found = read.accounts(session, now)
        for user in found.to_dict("records"):
            seen = user["signed_in_at"]
            last = "从未登录" if seen != seen else f"{seen.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
            state = "已停用" if user["locked_at"] == user["locked_at"] else "正常"
            state = "待改初始密码" if state == "正常" and user["must_change"] else state
            role_word = Role(user["role"]).word
            typer.echo(f"{user['name']}\t{role_word}\t{state}\t{last}\t{user['open']} 个会话")


def add(name: Name, role: Kind) -> None:
    """The password goes to standard output, once."""
    password = random_password()
    hashed, now = hash_password(password), datetime.now(UTC)
    _change(lambda session: write.create_account(session, command_line(), name, role, hashed, now=now))
    typer.echo(f"已新建用户 {name}（{role.word}），首次登录时须修改密码。初始密码：\n{password}")


def role(name: Name, role: Kind, why: Why) -> None:
    """From the person's next click on."""
    now = datetime.now(UTC)
    _change(lambda session: write.set_role(session, command_line(), name, role, reason=why, now=now))
    typer.echo(f"{name} 的角色是{role.word}。")


def reset(name: Name, why: Why = "") -> None:
    """The password goes to standard output, once."""
    password = random_password()
    hashed, now = hash_password(password), datetime.now(UTC)
    _change(lambda session: write.reset_password(session, command_line(), name, hashed, now=now, reason=why))
    typer.echo(f"已重置 {name} 的密码，首次登录时须修改。初始密码：\n{password}")


def lock(name: Name, why: Why) -> None:
    """At once."""
    now = datetime.now(UTC)
    _change(lambda session: write.lock_account(session, command_line(), name, reason=why, now=now))
    typer.echo(f"已停用 {name}。")


def unlock(name: Name, why: Why = "") -> None:
    """The password stays what it was."""
    now = datetime.now(UTC)
    _change(lambda session: write.unlock_account(session, command_line(), name, reason=why, now=now))
    typer.echo(f"已恢复 {name}。")


def _change(do: Callable[[Session], object]) -> None:
    """One transaction; what is refused ends with code 2."""
    with reported(), open_workplace(datetime.now(UTC)).database as database, database.writing() as session:
        try:
            do(session)
        except write.AccountRefused as error:
            raise UsageFault(str(error)) from error
