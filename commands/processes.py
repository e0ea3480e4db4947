"""The processes that `run` keeps alive. Each can be started alone, on machines of its own with PostgreSQL."""

import asyncio
import signal
from hashlib import sha256
from urllib.parse import urlsplit

from commands.context import SIMULATOR, Context
from operations.supervise import die_with_parent


def poll(context: Context) -> int:
    """The polling process, or a standby for it."""
    from data_sources import protocols
    from operations.centre import run

    die_with_parent()
    made, store = context.configuration(), context.store()
    store.migrate()
    simulator = context.environment.get(SIMULATOR, "") if made.simulated else ""

    async def until_told() -> None:
        stop = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        await run(store, made, protocols(), context.door(), context.clock, stop, simulator)

    asyncio.run(until_told())
    store.close()
    return 0


def web(context: Context) -> int:
    """The web process: gunicorn, one worker with threads by default."""
    from config.layers import load as load_layers
    from operations.reads import Reads
    from web import api, paper, probes, routes
    from web.application import create
    from web.live import Wsgi
    from web.server import serve
    from web.settings import Settings

    die_with_parent()
    settings, made = context.settings, context.configuration()
    layers = load_layers(settings.map, made.units)
    asked = Settings(build=build(context, made.fingerprint), token=settings.token, cache=settings.data / "static")

    def factory() -> Wsgi:
        store = context.store()
        reads = Reads(store, made, context.clock)
        desk = paper.Desk(store, settings.data, context.clock, lambda: reads.versions()[0])
        blueprints = [
            api.blueprint(reads),
            probes.blueprint(reads, probes.Metrics(), context.clock),
            paper.blueprint(desk, routes.table),
        ]
        served: Wsgi = create(reads, asked, layers=layers, blueprints=blueprints).server
        return served

    serve(factory, settings.host, settings.port, settings.threads, settings.workers)
    return 0


def work(context: Context) -> int:
    """The process for slow and outward work."""
    from jobs.worker import run

    die_with_parent()
    run(context.store(), context.settings, context.clock)
    return 0


def simulate(context: Context) -> int:
    """The simulated city, on the port that SIMULATOR names."""
    from simulator.server import serve

    die_with_parent()
    port = urlsplit(context.environment.get(SIMULATOR, "http://127.0.0.1:8051")).port or 8051
    serve(port, context.settings.seed, context.clock, context.settings.data / "inbox")
    return 0


def build(context: Context, fingerprint: str) -> str:
    """Changes whenever the program or its configuration does: screens reload then, once."""
    hashed = sha256(fingerprint.encode())
    for path in sorted(context.root.glob("*/**/*")):
        if path.suffix in {".py", ".js", ".css", ".toml"} and path.relative_to(context.root).parts[0] in _PROGRAM:
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:8]


_PROGRAM = {"assets", "components", "domain", "operations", "pages", "web"}
