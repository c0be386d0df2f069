"""The documents keep up with the tree: links lead somewhere, commands exist, variables are explained."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/*.md"),
    *ROOT.glob("training/*.md"),
    *ROOT.glob("signals/weights/*.md"),
]
CODE = [
    path
    for room in ("settings", "signals", "collectors", "db", "app_pages", "pipeline")
    for path in (ROOT / room).rglob("*.py")
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link and picture is a file of the repository."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{name_of(path)}: {target}"


@pytest.fixture(scope="module")
def verbs() -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", "from pipeline.__main__ import app; import typer.main as m; "
         "print(*m.get_command(app).commands)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return set(shown.stdout.split())


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_commands_exist(path: Path, verbs: set[str]) -> None:
    """Whoever copies a command from a document finds the verb."""
    named = set(re.findall(r"-m pipeline ([a-z][a-z-]+)", path.read_text("utf-8")))
    assert named <= verbs, f"{name_of(path)}: {sorted(named - verbs)}"


def test_every_variable_is_explained() -> None:
    """A deployment is set up from docs/operations.md alone."""
    used = {name for path in CODE for name in re.findall(r"TRUSTWATCH_[A-Z_]+[A-Z]", path.read_text("utf-8"))}
    internal = {"TRUSTWATCH_PARENT_PID"}
    explained = set(
        re.findall(r"TRUSTWATCH_[A-Z_]+[A-Z]", (ROOT / "docs" / "operations.md").read_text("utf-8"))
    )
    assert used - internal <= explained


def test_every_requirement_is_explained() -> None:
    """docs/dependencies.md says why each package of requirements.txt is there."""
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name = re.split(r"[<>=]", line)[0]
            assert name in text, name


def test_every_make_target_of_the_readme_exists() -> None:
    """The two commands, and the others that the README names."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`?make ([a-z]+)`?", (ROOT / "README.md").read_text("utf-8"))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
