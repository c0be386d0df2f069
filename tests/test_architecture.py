"""The rules of docs/architecture.md, read from the source: who may import whom, lazy imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {
    "settings": set(),
    "signals": {"settings"},
    "collectors": {"signals", "settings"},
    "db": {"signals", "settings"},
    "app_pages": {"db", "signals", "settings"},
    "dashboard": {"app_pages", "db", "signals", "settings"},
    "serve": {"app_pages", "db", "signals", "settings"},
    "training": {"signals", "settings"},
    "pipeline": {"collectors", "db", "signals", "settings", "training"},
}
ONLY_IN = {
    "jieba": {"signals/nlp.py"},
    "rjieba": {"signals/nlp.py"},
    "snownlp": {"signals/nlp.py"},
    "apscheduler": {"pipeline/"},
    "argon2": {"db/passwords.py"},
    "sqlalchemy": {"db/", "collectors/readers/sql.py"},
    "sklearn": {"training/"},
    "streamlit": {"app_pages/", "dashboard.py", "serve.py"},
}
IMPURE = {
    "requests",
    "socket",
    "urllib",
    "sqlalchemy",
    "sqlite3",
    "streamlit",
    "subprocess",
    "random",
    "time",
}


def sources() -> list[Path]:
    skip = {".venv", "data", "tests", "bench"}
    return [p for p in sorted(ROOT.rglob("*.py")) if not skip & set(p.relative_to(ROOT).parts)]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module named by an import or by importlib.import_module/__import__ with a literal, anywhere in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import hides the room"
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Call) and _name(node.func) in {"import_module", "__import__"}:
            yield from (
                (node.lineno, str(arg.value)) for arg in node.args[:1] if isinstance(arg, ast.Constant)
            )


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    """Data flows one way: no file reaches into a room that its own may not know."""
    room = room_of(path)
    allowed = ROOMS[room] | {room}
    for line, module in imports(path):
        first = module.split(".")[0]
        assert first not in ROOMS or first in allowed, f"{path}:{line}: {room} must not import {module}"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_library_stays_in_its_room(path: Path) -> None:
    """Language, scheduling and database libraries have one door each, so each can be replaced in one place."""
    where = path.relative_to(ROOT).as_posix()
    for line, module in imports(path):
        doors = ONLY_IN.get(module.split(".")[0])
        assert doors is None or any(where.startswith(door) for door in doors), f"{where}:{line}: {module}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "signals").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_the_centre_has_no_clock_and_no_network(path: Path) -> None:
    """signals/ is pure: times, randomness and data come in as arguments."""
    tree = ast.parse(path.read_text("utf-8"))
    for line, module in imports(path):
        assert module.split(".")[0] not in IMPURE, f"{path}:{line}: {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in {"now", "utcnow", "today"}, f"{path}:{node.lineno}: reads the clock"


def test_rooms_are_complete() -> None:
    """A new top-level package must be given its place here before it can import anything."""
    rooms = {room_of(path) for path in sources()}
    assert rooms <= set(ROOMS), f"unknown rooms: {sorted(rooms - set(ROOMS))}"


def test_dashboard_is_an_entry_and_no_more() -> None:
    """dashboard.py stays within 80 lines: page config, sign-in, navigation."""
    assert len((ROOT / "dashboard.py").read_text("utf-8").splitlines()) <= 80


def test_the_repository_speaks_of_the_product_alone() -> None:
    """No absolute home or build paths and no package-index host reach a committed text."""
    bad = ("/home/", "/root/", "/opt/", "pypi.org", "files.pythonhosted", "registry.npmjs")
    for path in ROOT.rglob("*"):
        if path.suffix not in {".py", ".md", ".toml", ".txt", ".cfg", ""} or not path.is_file():
            continue
        parts = path.relative_to(ROOT).parts
        if path == Path(__file__) or {".venv", ".git", "data"} & set(parts) or parts[0].endswith("_cache"):
            continue
        if parts[0] in {".hypothesis"} or "screenshots" in parts:
            continue
        text = path.read_text("utf-8", "ignore")
        assert not [word for word in bad if word in text], path
