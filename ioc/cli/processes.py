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

from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context, told
from ioc.cli.run import exposed
from ioc.cli.supervisor import die_with_parent
from ioc.config.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dash import Dash
    from flask import Blueprint

    from ioc.domain.ingest.protocol import Letter
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.store import Store
    from ioc.web.live.endpoint import Wsgi

# gunicorn starts a worker that ends like this no second time.
_GIVE_UP = 4
# Objects that come before a look for circles among them. Python's 700 are three polls, and cost a tenth of each.
_YOUNG = 20_000


def poll(context: Context) -> int:
    """The polling process, or a standby for it. Its loop is libuv's: a fifth less of a core for each poll."""
    import uvloop

    from data_sources import protocols
    from ioc.config.outlines import ground
    from ioc.net.certificates import ends
    from ioc.poller.host_monitor import Machine, Place
    from ioc.poller.service import BackgroundTask, run
    from ioc.storage import webhook_queue
    from simulator.agencies import Agencies
    from simulator.backfill import Backfill
    from simulator.obligations import course

    die_with_parent()
    context.occupy()
    (made, layers), store = context.checked(), context.store()
    store.migrate()
    simulator = context.environment.get(SIMULATOR, "") if made.simulated else ""
    outlines = ground(layers)
    certificate = context.environment.get("IOC_TLS_CERT", "")
    place = Place(context.settings.data, partial(ends, Path(certificate)) if certificate else None)
    background: list[BackgroundTask] = []
    if made.simulated:
        background = [
            lambda centre, door: Backfill(centre, door, simulator).run(),
            lambda centre, _: Agencies(centre, partial(course, context.settings.seed)).run(),
        ]

    def letters(source: str) -> "list[Letter]":
        with store.read() as conn:
            return webhook_queue.waiting(conn, source)

    _settle()

    async def until_told() -> None:
        stop = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        door = context.door(letters)
        machine = Machine(store, made, context.clock, place, door.observed)
        await run(store, made, protocols(), door, context.clock, stop, outlines, machine, background)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_told())
    store.close()
    return 0


def web(context: Context) -> int:
    """The web process: gunicorn, one worker with threads by default."""
    from ioc.web.server.gunicorn import serve

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
    from ioc.crypto.sealed_url import Seal
    from ioc.web.cameras import hls_proxy
    from ioc.web.cameras.quotas import Viewers

    cameras = hls_proxy.Cameras(sources, context.environment, store)
    seal = Seal(context.secret().key("cameras").hex())
    return [hls_proxy.blueprint(cameras, seal, Viewers(time.monotonic), context.way())]


def application(context: Context) -> "Dash":
    """The whole web side, over the store of `context`."""
    from ioc.snapshot.cache import Reads
    from ioc.submissions.service import Desk
    from ioc.web import exports
    from ioc.web.api import views
    from ioc.web.app_factory import create
    from ioc.web.cameras import snapshots
    from ioc.web.errors import audit_writer
    from ioc.web.health import endpoints
    from ioc.web.live import page_registry
    from ioc.web.middleware.authentication import Doorman
    from ioc.web.middleware.client_ip import Proxies
    from ioc.web.middleware.csrf import LABEL
    from ioc.web.middleware.gate import Door
    from ioc.web.pdf import endpoint as pdf_endpoint
    from ioc.web.settings import Settings
    from ioc.web.views import blueprints as forms
    from ioc.web.views import personal_data, public_page, submissions
    from ioc.web.webhooks import endpoint

    settings, (made, layers), store, secret = context.settings, context.checked(), context.store(), context.secret()
    asked = Settings(build(context, made.fingerprint), secret.key(LABEL), cache=settings.data / "static")
    reads = Reads(store, made, context.clock)
    desk = pdf_endpoint.Desk(store, settings.data, context.clock, lambda: reads.versions()[0])
    metrics = endpoints.Metrics()
    blueprints = [
        views.blueprint(reads),
        endpoints.blueprint(reads, metrics, context.clock),
        pdf_endpoint.blueprint(desk, page_registry.table),
        snapshots.blueprint(store, context.clock),
        public_page.blueprint(reads.snapshot, made.public),
        submissions.blueprint(submissions.Counter(Desk(store, made, context.clock), reads)),
        exports.blueprint(reads),
        *camera_streams(context, made.sources, store),
        endpoint.blueprint(store, endpoint.doors(made.sources, context.environment), context.clock),
    ]
    drawn = metrics.frames
    office = context.office(made, store)
    blueprints += [*forms.blueprints(office), personal_data.blueprint(office, reads.snapshot)]
    door = Door(
        Doorman(office.people, office.screens, context.printer(), office.programs),
        Proxies(settings.proxies, alone=settings.loopback),
        told=audit_writer.into(store, context.clock), settled=audit_writer.settling(store, context.clock),
        rules=made.access, news=office.people.news,
    )  # fmt: skip
    app = create(reads, asked, time.time, layers, blueprints, lambda page: drawn.labels(page).inc(), door)
    app.server.wsgi_app = metrics.counted(app.server.wsgi_app)
    return app


def work(context: Context) -> int:
    """The process for slow and outward work."""
    from ioc.worker.runner import run

    die_with_parent()
    context.occupy()
    store = context.store()
    also = partial(_clear_people, context, store)
    run(store, context.settings, context.clock, entry=context.printer(), also=also)
    return 0


def _clear_people(context: Context, store: "Store") -> None:
    """Accounts that nobody uses, sessions that are over, a trail older than it is kept; by the rules of this hour."""
    from ioc.auth.users import People

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
