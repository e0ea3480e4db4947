"""Supervisor: a dead child is restarted, all children end with their parent."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from benchmarks.process import is_running
from ioc.cli.supervisor import ProcessRole, Supervisor
from ioc.config.settings import EnvironmentSettings

ROOT = Path(__file__).parents[2]
WAIT = "import signal; signal.pause()"


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition; fails after `seconds`."""
    pause, end = threading.Event(), monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"not within {seconds:g} s"
        pause.wait(0.02)


def test_dead_child_is_restarted_and_all_end_on_stop() -> None:
    roles = [ProcessRole(name, [sys.executable, "-c", WAIT]) for name in ("a", "b")]
    supervisor = Supervisor(roles, os.environ)
    running = threading.Thread(target=supervisor.run)
    running.start()
    try:
        until(lambda: len(supervisor.pids()) == 2)
        first = supervisor.pids()["a"]
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor.pids().get("a", first) != first)
        pids = supervisor.pids()
    finally:
        supervisor.stop()
        running.join(60)
    assert not any(is_running(pid) for pid in pids.values())


def test_child_that_cannot_be_started_is_started_later_and_the_others_go_on(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.symlink_to(sys.executable)
    roles = [ProcessRole(name, [str(path), "-c", WAIT]) for name, path in (("a", program), ("b", sys.executable))]
    supervisor = Supervisor(roles, os.environ)
    running = threading.Thread(target=supervisor.run)
    running.start()
    try:
        until(lambda: len(supervisor.pids()) == 2)
        first, other = supervisor.pids()["a"], supervisor.pids()["b"]
        program.rename(tmp_path / "moved")
        os.kill(first, signal.SIGKILL)
        until(lambda: supervisor._children[0].deaths >= 2)
        assert running.is_alive() and supervisor.pids() == {"b": other}
        (tmp_path / "moved").rename(program)
        until(lambda: len(supervisor.pids()) == 2)
    finally:
        supervisor.stop()
        running.join(60)


def test_server_process_ends_after_its_clients(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "import signal, sys, threading\n"
    script += (
        f"def ended(*_): threading.Event().wait(0.3 * (NAME == 'client')); open({str(log)!r}, 'a').write(NAME + ' ')"
    )
    script += (
        f"; sys.exit()\nsignal.signal(signal.SIGTERM, ended); open({str(tmp_path)!r} + '/' + NAME, 'w'); signal.pause()"
    )
    roles = [
        ProcessRole(name, [sys.executable, "-c", f"NAME = {name!r}\n{script}"], is_server=name == "server")
        for name in ("server", "client")
    ]
    supervisor = Supervisor(roles, os.environ)
    running = threading.Thread(target=supervisor.run)
    running.start()
    try:
        until(lambda: (tmp_path / "server").exists() and (tmp_path / "client").exists())
    finally:
        supervisor.stop()
        running.join(60)
    assert log.read_text() == "client server "


def test_children_end_when_the_parent_is_killed() -> None:
    child = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ioc.cli.supervisor import die_with_parent; "
    child += "die_with_parent(); print('ready', flush=True); import signal; signal.pause()"
    parent = (
        "import subprocess, sys, signal\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(child.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert is_running(pid)
        process.kill()
        until(lambda: not is_running(pid))


def supervisor_of(child: str) -> "subprocess.Popen[bytes]":
    """A supervisor in a process of its own, whose only child runs the program `child`."""
    parent = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from ioc.cli.supervisor import ProcessRole, Supervisor\n"
        f"Supervisor([ProcessRole('a', [sys.executable, '-c', {child!r}])], os.environ).run()"
    )
    return subprocess.Popen([sys.executable, "-c", parent])


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.4])
def test_children_end_when_the_supervisor_is_killed_while_they_start(tmp_path: Path, delay: float) -> None:
    """The child asks for its parent only after a second, as one that imports much does."""
    pid_file = tmp_path / "pid"
    child = (
        f"import os, pathlib, sys, time; sys.path.insert(0, {str(ROOT)!r})\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); time.sleep(1)\n"
        "from ioc.cli.supervisor import die_with_parent\n"
        f"die_with_parent(); {WAIT}"
    )
    with supervisor_of(child) as supervisor:
        until(lambda: pid_file.exists() and pid_file.read_text() != "")
        threading.Event().wait(delay)
        supervisor.kill()
    until(lambda: not is_running(int(pid_file.read_text())))


def test_a_paused_child_ends_with_its_killed_supervisor(tmp_path: Path) -> None:
    """SIGTERM, for which every child has a handler, would wait until somebody resumes it."""
    pid_file = tmp_path / "pid"
    child = (
        f"import os, pathlib, signal, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from ioc.cli.supervisor import die_with_parent\n"
        "die_with_parent(); signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid())); signal.pause()"
    )
    with supervisor_of(child) as supervisor:
        until(lambda: pid_file.exists() and pid_file.read_text() != "")
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGSTOP)
        supervisor.kill()
    try:
        until(lambda: not is_running(pid))
    finally:
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


def test_the_settings_accept_the_environment_of_a_child(tmp_path: Path) -> None:
    file = tmp_path / "environment.json"
    write = f"import json, os; open({str(file) + '.part'!r}, 'w').write(json.dumps(dict(os.environ)));"
    write += f"os.rename({str(file) + '.part'!r}, {str(file)!r}); {WAIT}"
    supervisor = Supervisor([ProcessRole("child", [sys.executable, "-c", write])], {"IOC_DATA": str(tmp_path)})
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        until(file.exists)
        settings = EnvironmentSettings.from_environment(json.loads(file.read_text()), ROOT)
    finally:
        supervisor.stop()
        thread.join()
    assert settings.data == tmp_path
