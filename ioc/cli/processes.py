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

from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context, format_faults
from ioc.cli.run import exposure_error
from ioc.cli.supervisor import die_with_parent
from ioc.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dash import Dash
    from flask import Blueprint

    from ioc.domain.ingest.protocol import WebhookMessage
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.store import Store
    from ioc.web.wsgi import WsgiApp

# gunicorn starts a worker that ends like this no second time.
_EXIT_NO_RESTART = 4
# Objects that come before a look for circles among them. Python's 700 are three polls, and cost a tenth of each.
_GC_THRESHOLD = 20_000


def poll(context: Context) -> int:
    """The polling process, or a standby for it. Its loop is libuv's: a fifth less of a core for each poll."""
    import uvloop

    from data_sources import protocols
    from ioc.config.layers import unit_index
    from ioc.net.certificates import expires_at
    from ioc.poller.host_monitor import HostMonitor, HostProbes
    from ioc.poller.service import BackgroundTask, run
    from ioc.storage import webhook_queue
    from simulator.agencies import SimulatedAgencies
    from simulator.backfill import Backfill
    from simulator.obligations import submission_steps

    die_with_parent()
    context.lock_data_dir()
    (made, layers), store = context.checked_configuration(), context.store()
    store.migrate()
    simulator = context.environment.get(SIMULATOR, "") if made.is_simulated else ""
    outlines = unit_index(layers)
    certificate = context.environment.get("IOC_TLS_CERT", "")
    place = HostProbes(context.settings.data, partial(expires_at, Path(certificate)) if certificate else None)
    background: list[BackgroundTask] = []
    if made.is_simulated:
        background = [
            lambda centre, door: Backfill(centre, door, simulator).run(),
            lambda centre, _: SimulatedAgencies(centre, partial(submission_steps, context.settings.seed)).run(),
        ]

    def letters(source: str) -> "list[WebhookMessage]":
        with store.read() as conn:
            return webhook_queue.pending(conn, source)

    _freeze_gc()

    async def until_told() -> None:
        stop = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        door = context.http_client_factory(letters)
        machine = HostMonitor(store, made, context.clock, place, door.peer_monitor)
        await run(store, made, protocols(), door, context.clock, stop, outlines, machine, background)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(until_told())
    store.close()
    return 0


def web(context: Context) -> int:
    """The web process: gunicorn, one worker with threads by default."""
    from ioc.web.server.gunicorn import serve

    die_with_parent()
    context.lock_data_dir()

    if fault := exposure_error(context.settings, context.lang):
        sys.stderr.write(f"{fault}\n")
        return 2
    context.secret()  # made before the workers are: each of them opens what another one sealed

    # All of it in the worker: what gunicorn's own process holds is not shared for long, and would be held twice.
    def factory() -> "WsgiApp":
        try:
            return _create_wsgi(context)
        except ConfigError as faults:
            sys.stderr.write(format_faults(faults, context.lang))
            raise SystemExit(_EXIT_NO_RESTART) from None

    settings = context.settings
    serve(factory, settings.host, settings.port, settings.threads, settings.workers, settings.proxies)
    return 0


def _create_wsgi(context: Context) -> "WsgiApp":
    served: WsgiApp = create_application(context).server
    _freeze_gc()
    return served


def _freeze_gc() -> None:
    """What stands for as long as the process does is looked through no more, and what is new more seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)


def camera_blueprints(context: Context, sources: "Iterable[Source]", store: "Store") -> "list[Blueprint]":
    """Nothing without a row of cameras: requests and its certificates are 7 MB in every web process."""
    if not any(one.is_enabled and one.protocol == "cameras" for one in sources):
        return []
    from ioc.crypto.sealed_url import UrlCipher
    from ioc.web.cameras import hls_proxy
    from ioc.web.cameras.quotas import StreamQuotas

    cameras = hls_proxy.CameraStreams(sources, context.environment, store)
    seal = UrlCipher(context.secret().derive("cameras").hex())
    return [hls_proxy.blueprint(cameras, seal, StreamQuotas(time.monotonic), context.camera_transport())]


def create_application(context: Context) -> "Dash":
    """The whole web side, over the store of `context`."""
    from ioc.snapshot.cache import SnapshotCache
    from ioc.submissions.service import SubmissionService
    from ioc.web import exports
    from ioc.web.api import views
    from ioc.web.app_factory import create_app
    from ioc.web.cameras import snapshots
    from ioc.web.errors import denial_log
    from ioc.web.health import endpoints
    from ioc.web.live import page_registry
    from ioc.web.middleware.authentication import Authenticator
    from ioc.web.middleware.client_ip import TrustedProxies
    from ioc.web.middleware.csrf import KEY_LABEL
    from ioc.web.middleware.gate import GateConfig
    from ioc.web.pdf import endpoint as pdf_endpoint
    from ioc.web.settings import WebSettings
    from ioc.web.views import blueprints as forms
    from ioc.web.views import personal_data, public_page, submissions
    from ioc.web.webhooks import endpoint

    settings, (made, layers), store, secret = (
        context.settings,
        context.checked_configuration(),
        context.store(),
        context.secret(),
    )
    asked = WebSettings(
        build_id(context, made.fingerprint), secret.derive(KEY_LABEL), cache_dir=settings.data / "static"
    )
    reads = SnapshotCache(store, made, context.clock)
    desk = pdf_endpoint.PdfService(store, settings.data, context.clock, lambda: reads.versions()[0])
    metrics = endpoints.Metrics()
    blueprints = [
        views.blueprint(reads),
        endpoints.blueprint(reads, metrics, context.clock),
        pdf_endpoint.blueprint(desk, page_registry.page_entries),
        snapshots.blueprint(store, context.clock),
        public_page.blueprint(reads.snapshot, made.public_page),
        submissions.blueprint(submissions.SubmissionViews(SubmissionService(store, made, context.clock), reads)),
        exports.blueprint(reads),
        *camera_blueprints(context, made.sources, store),
        endpoint.blueprint(store, endpoint.push_tokens(made.sources, context.environment), context.clock),
    ]
    drawn = metrics.frames
    office = context.services(made, store)
    blueprints += [*forms.blueprints(office), personal_data.blueprint(office, reads.snapshot)]
    door = GateConfig(
        Authenticator(office.accounts, office.displays, context.print_token(), office.api_keys),
        TrustedProxies(settings.proxies, is_loopback_only=settings.is_loopback),
        audit_sink=denial_log.audit_sink(store, context.clock),
        flush_denials=denial_log.denial_flusher(store, context.clock),
        access_policy=made.access,
        login_history=office.accounts.recent_login_history,
    )
    app = create_app(reads, asked, time.time, layers, blueprints, lambda page: drawn.labels(page).inc(), door)
    app.server.wsgi_app = metrics.count_requests(app.server.wsgi_app)
    return app


def work(context: Context) -> int:
    """The process for slow and outward work."""
    from ioc.worker.runner import run

    die_with_parent()
    context.lock_data_dir()
    store = context.store()
    also = partial(_sweep_accounts, context, store)
    run(store, context.settings, context.clock, print_token=context.print_token(), hourly=also)
    return 0


def _sweep_accounts(context: Context, store: "Store") -> None:
    """Accounts that nobody uses, sessions that are over, a trail older than it is kept; by the rules of this hour."""
    from ioc.auth.account_service import AccountService

    try:
        rules = context.configuration().access
    except ConfigError as faults:
        sys.stderr.write(format_faults(faults, context.lang))
        return
    AccountService(store, context.clock, rules, context.secret()).sweep()


def simulate(context: Context) -> int:
    """The simulated city, on the port that SIMULATOR names; with a token, its gauges send to this machine's centre."""
    from simulator.server import serve
    from simulator.webhook_sender import WebhookTarget

    die_with_parent()
    settings, token = context.settings, context.environment.get(PUSH_TOKEN, "")
    port = urlsplit(context.environment.get(SIMULATOR, "http://127.0.0.1:8051")).port or 8051
    door = WebhookTarget(f"{settings.base_url}/vao", token) if token else None
    serve(port, settings.seed, context.clock, settings.data / "inbox", door)
    return 0


def build_id(context: Context, fingerprint: str) -> str:
    """Changes whenever the program or its configuration does: screens reload then, once."""
    hashed = sha256(fingerprint.encode())
    for path in sorted(context.root.glob("*/**/*")):
        if path.suffix in {".py", ".js", ".css", ".toml"} and path.relative_to(context.root).parts[0] in _BUILD_FOLDERS:
            hashed.update(path.read_bytes())
    return hashed.hexdigest()[:8]


_BUILD_FOLDERS = {"assets", "components", "domain", "operations", "pages", "web"}
