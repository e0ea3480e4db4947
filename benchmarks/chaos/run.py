"""The chaos run: servers are killed and restarted by a seed; states are checked each second, readings at the end."""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from benchmarks.chaos import installation
from benchmarks.chaos.gateways import Gateways
from benchmarks.chaos.oracle import EVERY, MAX_BACK_OFF, ServerLife, violations
from benchmarks.chaos.readings import offered_values
from benchmarks.chaos.servers import (
    ChaosServer,
    DatabaseServer,
    JsonServer,
    MqttServer,
    SensorThingsServer,
    StationFileServer,
    missing_programs,
)
from benchmarks.figures import BenchmarkFigure
from benchmarks.process import cpu_seconds
from ioc.storage.db.store import Store

UP_SECONDS, DOWN_SECONDS = (
    (3.0, 40.0),
    (1.0, 75.0),
)  # seconds that a server is up and down, in a run of ten minutes
_WHOLE = 600.0
_TIMEOUT = 30.0


@dataclass(slots=True)
class ChaosOutcome:
    """Result of a run. `violations`: wrong states on screens. `returns`: seconds from a restart to live."""

    kills: int = 0
    checks: int = 0
    violations: list[str] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    offered: int = 0
    lost: list[tuple[str, int]] = field(default_factory=list)
    altered: list[tuple[str, int]] = field(default_factory=list)  # stored with another value than served
    duplicates: int = 0
    poller_cpu_cores: float = 0.0  # CPU of the poller, of one core


class ServerControl:
    """One server, its state and its next change."""

    def __init__(self, server: ChaosServer, seed: int, share: float) -> None:
        self.server, self.life = (
            server,
            ServerLife(storage_delay=2 * server.step + (2.0 if isinstance(server, StationFileServer) else 0.0)),
        )
        self._chance, self._share = random.Random(f"{seed} {server.name}"), share
        self.is_awaiting_recovery = False  # until its source is shown as live again

    def next_duration(self) -> float:
        """Seconds until its next change; mostly short, sometimes long."""
        low, high = UP_SECONDS if self.life.is_up else DOWN_SECONDS
        return low + (high * self._share - low) * self._chance.random() ** 2 if high * self._share > low else low

    def toggle(self) -> bool:
        """Kills or restarts the server; whether it was killed."""
        if self.life.is_up:
            self.life.record_kill(time.time())
            self.server.kill()
        else:
            self.server.start()
            self.life.record_return(time.time())
        self.is_awaiting_recovery = self.life.is_up
        return not self.life.is_up


def run_chaos(seconds: float, seed: int, say: Callable[[str], None] = lambda _: None) -> ChaosOutcome:
    """Runs for `seconds`; all processes are ended in any case."""
    folder = Path(tempfile.mkdtemp(prefix="ioc-chaos-"))
    folder.chmod(0o755)  # the database server is another user
    try:
        with ExitStack() as stack:
            servers = _start_servers(folder, int(time.time()), stack)
            stations, broker = (
                next(s for s in servers if isinstance(s, kind)) for kind in (StationFileServer, MqttServer)
            )
            stack.enter_context(Gateways(stations, broker))  # type: ignore[arg-type]
            chaos_installation = stack.enter_context(installation.run_installation(folder, servers))
            return _run_loop(chaos_installation, servers, seconds, seed, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_servers(folder: Path, begin: int, stack: ExitStack) -> list[ChaosServer]:
    kinds: tuple[tuple[type[ChaosServer], int], ...] = (
        (JsonServer, 1),
        (SensorThingsServer, 1),
        (StationFileServer, 5),
        (MqttServer, 1),
        (DatabaseServer, 1),
    )
    servers = []
    for kind, step in kinds:
        home = folder / kind.__name__.lower()
        home.mkdir()
        server = kind(f"chaos-{kind.__name__.lower()}", home, begin, step)
        stack.callback(server.kill)
        server.prepare()
        if server.process is None:
            server.start()
        servers.append(server)
    return servers


def _run_loop(
    chaos_installation: installation.ChaosInstallation,
    servers: Sequence[ChaosServer],
    seconds: float,
    seed: int,
    say: Callable[[str], None],
) -> ChaosOutcome:
    outcome, parts = ChaosOutcome(), [ServerControl(server, seed, min(1.0, seconds / _WHOLE * 2)) for server in servers]
    started, cpu_before = time.time(), cpu_seconds(chaos_installation.pids[0])
    due = {part.server.name: started + part.next_duration() / 2 for part in parts}
    for part in parts:
        part.life.since = started
    while time.time() < started + seconds:
        for part in parts:
            if time.time() >= due[part.server.name]:
                outcome.kills += part.toggle()
                due[part.server.name] = time.time() + part.next_duration()
        _check(chaos_installation, parts, outcome, say)
        time.sleep(1 - time.time() % 1)
    outcome.poller_cpu_cores = (cpu_seconds(chaos_installation.pids[0]) - cpu_before) / seconds
    for part in parts:
        if not part.life.is_up:
            part.toggle()
    stop = int(time.time())
    _count(chaos_installation, parts, stop, outcome, say)
    return outcome


def _check(
    chaos_installation: installation.ChaosInstallation,
    parts: Sequence[ServerControl],
    outcome: ChaosOutcome,
    say: Callable[[str], None],
) -> None:
    is_alive, states = chaos_installation.displayed_states()
    outcome.checks += 1
    wrong = [] if is_alive else ["the poller seems to be dead"]
    for part in parts:
        name, state = part.server.name, states[part.server.name]
        wrong += [f"{name}: {violation}" for violation in violations(part.life, state)]
        if part.is_awaiting_recovery and state.health == "live":
            outcome.returns.append(state.answered_at - part.life.since)
            part.is_awaiting_recovery = False
    for violation in wrong:
        say(violation)
    outcome.violations += wrong


def _count(
    chaos_installation: installation.ChaosInstallation,
    parts: Sequence[ServerControl],
    stop: int,
    outcome: ChaosOutcome,
    say: Callable[[str], None],
) -> None:
    """Once all are up: waits for the readings until `stop`, then compares the store with the offered values."""
    offered = {
        (name, second): value
        for part in parts
        for name, second, value in offered_values(part.server.name, part.server.begin, stop, part.server.step)
    }
    store, until = (
        Store(installation.store_url_of(chaos_installation.folder)),
        time.time() + MAX_BACK_OFF + EVERY + _TIMEOUT,
    )
    try:
        while offered.keys() - (stored := _stored_values(store)).keys() and time.time() < until:
            _check(chaos_installation, parts, outcome, say)
            time.sleep(1)
        with store.read() as conn:
            outcome.duplicates = int(conn.execute(text("SELECT count(*) FROM revision")).scalar_one())
    finally:
        store.close()
    outcome.offered = len(offered)
    outcome.lost = sorted(offered.keys() - stored.keys())
    outcome.altered = sorted(key for key, value in stored.items() if key[1] <= stop and value != offered.get(key))


def _stored_values(store: Store) -> dict[tuple[str, int], float]:
    query = text(
        "SELECT key, observed_ms, value FROM reading JOIN series ON series.id = series_id WHERE key LIKE 'chaos-%'"
    )
    with store.read() as conn:
        return {(name, at // 1000 if at % 1000 == 0 else -at): value for name, at, value in conn.execute(query)}


CHAOS_SECONDS, CHAOS_SEED = 600.0, 2322


def chaos_figures(share: float = 1.0, print_progress: Callable[[str], None] = lambda _: None) -> list[BenchmarkFigure]:
    """Figures of a chaos run. `share` < 1 shortens it, for a trial."""
    if missing := missing_programs():
        return [BenchmarkFigure("chaos: wrong states", None, 0, "", f"not installed: {', '.join(missing)}")]
    return outcome_figures(run_chaos(CHAOS_SECONDS * share, CHAOS_SEED, print_progress))


def outcome_figures(outcome: ChaosOutcome) -> list[BenchmarkFigure]:
    """The figures of an outcome."""
    checks = f"{outcome.checks} checks of 5 sources and 5 KPIs, {outcome.kills} kills"
    total = f"of {outcome.offered:,} that the sources offered"
    return [
        BenchmarkFigure(
            "chaos: wrong states", len(outcome.violations), 0, "", "; ".join([checks, *outcome.violations[:3]])
        ),
        BenchmarkFigure(
            "chaos: readings lost", len(outcome.lost), 0, "", "; ".join([total, *map(str, outcome.lost[:3])])
        ),
        BenchmarkFigure(
            "chaos: readings twice",
            outcome.duplicates + len(outcome.altered),
            0,
            "",
            "stored twice, or with a value that was not served",
        ),
        BenchmarkFigure(
            "chaos: slowest return", max(outcome.returns, default=None), None, "s", "from its answer to live"
        ),
        BenchmarkFigure("chaos: CPU of the poller", 100 * outcome.poller_cpu_cores, None, "%", "of one core"),
    ]
