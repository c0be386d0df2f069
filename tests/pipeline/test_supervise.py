"""The supervisor's parts; the whole of it is driven by tests/test_browser.py."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipeline.errors import Exit, UsageFault
from pipeline.supervise import HOST, Child, answers, port_from_environment, require_free

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("text", ["0", "65536", "八五零一", "85O1", "-1", "8501.0"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The message repeats what was given and shows how to write it."""
    monkeypatch.setenv("PORT", text)
    with pytest.raises(UsageFault, match="PORT="):
        port_from_environment()


def test_a_taken_port_names_the_way_out() -> None:
    """Two TrustWatches on one port: the second says so and proposes another port."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageFault, match=f"端口 {port} 已被占用.*PORT={port + 1}"):
            require_free(port)


def test_nobody_listening_is_no_answer() -> None:
    """The address is printed only when the page answers."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    assert not answers(f"http://{HOST}:{port}/healthz")


def test_a_child_that_fails_waits_before_it_starts_again(capsys: pytest.CaptureFixture[str]) -> None:
    """A crash loop must not burn the machine, and is said aloud."""
    child = Child("部件", [sys.executable, "-c", "raise SystemExit(7)"])
    child.tend()
    assert child.process is not None
    child.process.wait()
    child.tend()
    assert child.process is None
    child.tend()
    assert child.process is None, "restarted at once"
    assert "部件意外结束（退出码 7）" in capsys.readouterr().err


def test_a_standby_worker_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3 means that another worker leads: ask again later, quietly."""
    child = Child("工作进程", [sys.executable, "-c", f"raise SystemExit({int(Exit.NOT_LEADER)})"])
    child.tend()
    assert child.process is not None
    child.process.wait()
    child.tend()
    assert child.failures == 0
    assert capsys.readouterr().err == ""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    """kill -9 of the parent leaves no orphan behind: the child notices by itself."""
    child = textwrap.dedent("""
        import os, sys, threading
        from pipeline.parent import watch_parent
        ended = threading.Event()
        watch_parent(ended.set)
        print("ready", flush=True)
        ended.wait(30)
        print("ended" if ended.is_set() else "orphan", flush=True)
    """)
    parent = textwrap.dedent(f"""
        import os, subprocess, sys
        env = {{**os.environ, "TRUSTWATCH_PARENT_PID": str(os.getpid())}}
        subprocess.Popen([sys.executable, "-c", {child!r}], env=env).wait()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGKILL)
        assert process.stdout.readline() == "ended\n"
