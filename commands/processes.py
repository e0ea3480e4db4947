"""The processes that `run` keeps alive. Each can be started alone, on machines of its own with PostgreSQL."""

import asyncio
import gc
import signal
import sys
import time
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from commands.context import PUSH_TOKEN, SIMULATOR, Context, told
from commands.run import exposed
from config.faults import Faults
from operations.supervise import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dash import Dash
    from flask import Blueprint

    from domain.feed import Letter
    from domain.source import Source
    from storage.store import Store
    from web.live import Wsgi

# gunicorn starts a worker that ends like this no second time.
_GIVE_UP = 4
# Objects that come before a look for circles among them. Python's 700 are three polls, and cost a tenth of each.
_YOUNG = 20_000


def poll(context: Context) -> int:
    """The polling process, or a standby for it. Its loop is libuv's: a fifth less of a core for each poll."""
    import uvloop

    from config.outlines import ground
    from data_sources import protocols
    from operations.centre import run
    from operations.machine import Machine, Place
    from security.certificate import ends
    from simulator.duties import course
    from storage import mail

    die_with_parent()
    context.occupy()
    (made, layers), store = context.checked(), context.store()
    store.migrate()
    simulator = context.environment.get(SIMULATOR, "") if made.simulated else ""
    outlines = ground(layers)
    certificate = context.environment.get("IOC_TLS_CERT", "")
    place = Place(context.settings.data, partial(ends, Path(certificate)) if certificate else None)
    acts = partial(course, context.settings.seed) if made.simulated else None

    def letters(source: str) -> "list[Letter]":
        with store.read() as conn:
            return mail.waiting(conn, source)

    _settle()

    async def until_told() -> None:
        stop = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        door = context.door(letters)
        machine = Machine(store, made, context.clock, place, door.observed)
        await run(store, made, protocols(), door, context.clock, stop, simulator, outlines, machine, acts)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_told())
    store.close()
    return 0


def web(context: Context) -> int:
    """The web process: gunicorn, one worker with threads by default."""
    from web.server import serve

    die_with_parent()
    context.occupy()

    if fault := exposed(context.settings, context.lang):
        sys.stderr.write(f"{fault}\n")
        return 2
    context.secret()  # made before the workers are: each of them opens what another one sealed

    # All of it in the worker: what gunicorn's own process holds is not shared for long, and would be held twice.
    def factory() -> "Wsgi":
        try:
            return _application(context)
        except Faults as faults:
            sys.stderr.write(told(faults, context.lang))
            raise SystemExit(_GIVE_UP) from None

    settings = context.settings
    serve(factory, settings.host, settings.port, settings.threads, settings.workers, settings.proxies)
    return 0


def _application(context: Context) -> "Wsgi":
    served: Wsgi = application(context).server
    _settle()
    return served


def _settle() -> None:
    """What stands for as long as the process does is looked through no more, and what is new more seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)


def camera_streams(context: Context, sources: "Iterable[Source]", store: "Store") -> "list[Blueprint]":
    """Nothing without a row of cameras: requests and its certificates are 7 MB in every web process."""
    if not any(one.enabled and one.protocol == "cameras" for one in sources):
        return []
    from security.sealed import Seal
    from web import streams
    from web.viewers import Viewers

    cameras = streams.Cameras(sources, context.environment, store)
    seal = Seal(context.secret().key("cameras").hex())
    return [streams.blueprint(cameras, seal, Viewers(time.monotonic), context.way())]


def application(context: Context) -> "Dash":
    """The whole web side, over the store of `context`."""
    from operations.handing_in import Desk
    from operations.reads import Reads
    from web import api, late_file, mail_in, paper, pictures, probes, public, put_down, routes
    from web.application import create
    from web.doorman import Doorman
    from web.form_token import LABEL
    from web.forms import blueprints as forms
    from web.forms import figures, personal
    from web.gate import Door
    from web.reach import Proxies
    from web.settings import Settings

    settings, (made, layers), store, secret = context.settings, context.checked(), context.store(), context.secret()
    asked = Settings(build(context, made.fingerprint), secret.key(LABEL), cache=settings.data / "static")
    reads = Reads(store, made, context.clock)
    desk = paper.Desk(store, settings.data, context.clock, lambda: reads.versions()[0])
    metrics = probes.Metrics()
    blueprints = [
        api.blueprint(reads),
        probes.blueprint(reads, metrics, context.clock),
        paper.blueprint(desk, routes.table),
        pictures.blueprint(store, context.clock),
        public.blueprint(reads.snapshot, made.public),
        figures.blueprint(figures.Counter(Desk(store, made, context.clock), reads)),
        late_file.blueprint(reads),
        *camera_streams(context, made.sources, store),
        mail_in.blueprint(store, mail_in.doors(made.sources, context.environment), context.clock),
    ]
    drawn = metrics.frames
    office = context.office(made, store)
    blueprints += [*forms.blueprints(office), personal.blueprint(office, reads.snapshot)]
    door = Door(
        Doorman(office.people, office.screens, context.printer(), office.programs),
        Proxies(settings.proxies, alone=settings.loopback),
        told=put_down.into(store, context.clock), settled=put_down.settling(store, context.clock),
        rules=made.access, news=office.people.news,
    )  # fmt: skip
    app = create(reads, asked, time.time, layers, blueprints, lambda page: drawn.labels(page).inc(), door)
    app.server.wsgi_app = metrics.counted(app.server.wsgi_app)
    return app


def work(context: Context) -> int:
    """The process for slow and outward work."""
    from jobs.worker import run

    die_with_parent()
    context.occupy()
    store = context.store()
    also = partial(_clear_people, context, store)
    run(store, context.settings, context.clock, entry=context.printer(), also=also)
    return 0


def _clear_people(context: Context, store: "Store") -> None:
    """Accounts that nobody uses, sessions that are over, a trail older than it is kept; by the rules of this hour."""
    from security.people import People

    try:
        rules = context.configuration().access
    except Faults as faults:
        sys.stderr.write(told(faults, context.lang))
        return
    People(store, context.clock, rules, context.secret()).sweep()


def simulate(context: Context) -> int:
    """The simulated city, on the port that SIMULATOR names; with a token, its gauges send to this machine's centre."""
    from simulator.push import Door
    from simulator.server import serve

    die_with_parent()
    settings, token = context.settings, context.environment.get(PUSH_TOKEN, "")
    port = urlsplit(context.environment.get(SIMULATOR, "http://127.0.0.1:8051")).port or 8051
    door = Door(f"{settings.home}/vao", token) if token else None
    serve(port, settings.seed, context.clock, settings.data / "inbox", door)
    return 0


def build(context: Context, fingerprint: str) -> str:
    """Changes whenever the program or its configuration does: screens reload then, once."""
    hashed = sha256(fingerprint.encode())
    for path in sorted(context.root.glob("*/**/*")):
        if path.suffix in {".py", ".js", ".css", ".toml"} and path.relative_to(context.root).parts[0] in _PROGRAM:
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:8]


_PROGRAM = {"assets", "components", "domain", "operations", "pages", "web"}
