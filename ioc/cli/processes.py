"""The processes that `run` keeps alive. Each can be started alone, on machines of its own with PostgreSQL."""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.ui.error_messages import describe
from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context, format_faults
from ioc.cli.run import bind_failure, exposure_failure, listen
from ioc.cli.supervisor import ProcessRole, Supervisor, die_with_parent
from ioc.cli.webhooks import sending_webhooks
from ioc.config.errors import ConfigError
from ioc.domain.base.disk_space import disk_space
from ioc.web.server import memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dash import Dash
    from flask import Blueprint

    from ioc.auth.services import AuthServices
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.background_writer import Defer
    from ioc.storage.db.store import Store
    from ioc.web.middleware.gate import GateConfig

LISTENER = "WEB_LISTENER"  # variable with the descriptor of the socket that web processes share
_RECORDS = "ioc.records"  # the BackgroundWriter among the extensions of the application


def poll(context: Context) -> int:
    """The polling process, or a standby for it. It runs on uvloop: a fifth less CPU time for each poll."""
    die_with_parent()
    context.lock_data_dir()
    configuration, layers = context.checked_configuration()  # before the imports, as in `create_application`

    import uvloop

    from data_sources import protocols
    from data_sources.sql_view import query_process
    from ioc.auth import audit_log
    from ioc.cli.stored_meaning import refuse_changed_meaning
    from ioc.config.layers import unit_index
    from ioc.directives.context import DirectiveContext
    from ioc.directives.reminder_job import remind_daily
    from ioc.domain.base.loop_watchdog import LoopWatchdog
    from ioc.net.certificates import expires_at
    from ioc.poller.background import BackgroundTask, BackgroundTasks
    from ioc.poller.host_monitor import HostMonitor, HostProbes
    from ioc.poller.service import run
    from ioc.storage import webhook_queue

    query_process.prepare(configuration.sources)
    store = context.migrated_store()
    refuse_changed_meaning(store, configuration, context.clock())
    simulator = context.environment.get(SIMULATOR, "") if configuration.is_simulated else ""
    certificate = context.environment.get("IOC_TLS_CERT", "")
    probes = HostProbes(context.settings.data, partial(expires_at, Path(certificate)) if certificate else None)
    directives = DirectiveContext.from_configuration(store, configuration, context.clock, audit_log.write_acts)
    tasks = dict[str, BackgroundTask]()
    tasks["reminders"] = lambda service, _: remind_daily(directives, service.writer.run_in_writer)
    if configuration.is_simulated:
        from simulator.agencies import SimulatedAgencies
        from simulator.backfill import Backfill
        from simulator.obligations import submission_steps
        from simulator.tasks import SimulatedTasks

        steps = partial(submission_steps, context.settings.seed)
        tasks["simulated_history"] = lambda service, clients: Backfill(service, clients, simulator).run()
        tasks["simulated_agencies"] = lambda service, _: SimulatedAgencies(service, steps).run()
        tasks["simulated_tasks"] = lambda service, _: SimulatedTasks(service).run()
    background, id_key = BackgroundTasks(tasks, context.clock), context.secret().derive("event ids")
    serve = partial(run, unit_index=unit_index(layers), background=background, id_key=id_key)

    memory.freeze_gc()
    watchdog = LoopWatchdog()

    async def run_until_signal() -> None:
        watchdog.tick()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        pending = partial(webhook_queue.read_pending, store, context.clock)
        clients = context.http_client_factory(pending, lambda: store.is_only_leader)
        hosts = HostMonitor(store, configuration, context.clock, probes, clients.peer_monitor, background.failing_since)
        await serve(store, configuration, protocols(), clients, context.clock, stop, host_monitor=hosts)

    uvloop.run(run_until_signal())
    store.close()
    return 0


def web(context: Context) -> int:
    """The web process. With several workers it only supervises them; they share its listening socket."""
    die_with_parent()
    context.lock_data_dir()
    settings = context.settings
    if failure := exposure_failure(settings) or bind_failure(settings):
        sys.stderr.write(f"{describe(failure, context.lang)}\n")
        return 2
    context.secret()  # created before the workers, so that all have the same one
    listener = listen(settings)
    if settings.workers > 1:
        return _supervise_workers(context, listener)
    return _serve(context, listener)


def web_worker(context: Context) -> int:
    """One of several web processes, on the socket that `web` listens on."""
    die_with_parent()
    context.lock_data_dir()
    return _serve(context, socket.socket(fileno=int(context.environment[LISTENER])))


def _serve(context: Context, listener: socket.socket) -> int:
    memory.share_arenas()
    app = create_application(context).server
    from ioc.web.server.serve import serve  # after the configuration was read: see `create_application`

    memory.freeze_gc()
    serve(app, listener, context.settings.threads, context.settings.proxies)
    app.extensions[_RECORDS].close(2.0)
    logging.shutdown()
    os._exit(0)  # without waiting for threads: one may wait for a store that does not answer


def _supervise_workers(context: Context, listener: socket.socket) -> int:
    command = [sys.executable, str(context.root / "app.py"), "web-worker"]
    roles = [ProcessRole(f"web-{number}", command) for number in range(1, context.settings.workers + 1)]
    environment = {**(context.raw_environment or context.environment), LISTENER: str(listener.fileno())}
    supervisor = Supervisor(roles, environment, pass_fds=[listener.fileno()])
    supervisor.stop_on_signals()
    supervisor.run()
    return 0


def camera_blueprints(context: Context, sources: "Iterable[Source]", store: "Store") -> "list[Blueprint]":
    """The routes of camera streams; none without a camera source: requests and certificates cost 7 MB per process."""
    if not any(source.is_enabled and source.protocol == "cameras" for source in sources):
        return []
    from ioc.crypto.sealed_url import UrlCipher
    from ioc.web.cameras import hls_proxy
    from ioc.web.cameras.quotas import StreamQuotas

    cameras = hls_proxy.CameraStreams(sources, context.environment, store)
    cipher = UrlCipher(context.secret().derive("cameras").hex())
    return [hls_proxy.blueprint(cameras, cipher, StreamQuotas(time.monotonic), context.camera_transport())]


def create_application(context: Context) -> "Dash":
    """The web application with all routes and middleware, over the store of `context`."""
    configuration, layers = context.checked_configuration()  # first: libraries then take the 20 MB that it gives back
    memory.defer_import("narwhals.stable.v1")  # Dash imports it with plotly, whose figures are not used here
    from ioc.auth import audit_log
    from ioc.directives.context import DirectiveContext
    from ioc.snapshot.cache import SnapshotCache
    from ioc.storage.db.background_writer import BackgroundWriter
    from ioc.submissions.service import SubmissionService
    from ioc.web import evidence, files
    from ioc.web.api import directive_views, views
    from ioc.web.app_factory import create_app
    from ioc.web.cameras import snapshots
    from ioc.web.exports import endpoint as exports
    from ioc.web.exports.lists import all_lists
    from ioc.web.health import endpoints
    from ioc.web.live import page_registry
    from ioc.web.middleware.rate_limit import correction_limit
    from ioc.web.page_services import directive_services, first_page, page_services, submission_services, waiting_counts
    from ioc.web.pdf import endpoint as pdf_endpoint
    from ioc.web.settings import WebSettings
    from ioc.web.views import blueprints as forms
    from ioc.web.views import public_page
    from ioc.web.webhooks import endpoint

    settings, store = context.settings, context.store()
    store.write_by(context.clock)
    web_settings = WebSettings(build_id(context, configuration.fingerprint), cache_dir=settings.data / "static")
    reads = SnapshotCache(store, configuration, context.clock, partial(disk_space, settings.data))
    pdf_service = pdf_endpoint.PdfService(store, settings.data, context.clock, lambda: reads.versions()[0])
    submission_service = SubmissionService(store, configuration, context.clock, audit_log.write_act, correction_limit())
    directives = DirectiveContext.from_configuration(store, configuration, context.clock, audit_log.write_acts)
    spool, records = files.FileSpool(settings.data / files.FOLDER), BackgroundWriter(store)
    metrics = endpoints.Metrics()
    blueprints = [
        views.blueprint(reads, partial(directive_views.followed, directives)),
        directive_views.blueprint(directives, reads.configuration_at),
        endpoints.blueprint(reads, metrics, context.clock, settings.data, partial(store.clock_failure, context.clock)),
        pdf_endpoint.blueprint(pdf_service, page_registry.page_entries),
        snapshots.blueprint(store, context.clock),
        public_page.blueprint(reads.snapshot, configuration.public_page),
        files.blueprint(spool, files.kinds()),
        evidence.blueprint(evidence.evidence_service(directives, settings.data)),
        *camera_blueprints(context, configuration.sources, store),
        endpoint.blueprint(store, endpoint.senders(configuration.sources, context.environment), context.clock),
    ]
    services = context.services(configuration, store, records.defer)
    services = replace(services, first_page=partial(first_page, directives))
    blueprints += forms.blueprints(services)
    blueprints.append(exports.blueprint(reads, all_lists(services, submission_service, directives)))
    of_work = {**submission_services(submission_service, reads, spool), **directive_services(directives, settings.data)}
    of_pages = {**page_services(services, reads.snapshot, reads.last_snapshot), **of_work}
    app = create_app(
        reads, web_settings, time.time, layers, blueprints, services=of_pages,
        gate_config=_gate_config(context, services.auth, store, records.defer),
        on_render=lambda page: metrics.frames.labels(page).inc(),
        waiting=waiting_counts(submission_service, directives, reads.snapshot),
    )  # fmt: skip
    app.server.wsgi_app, app.server.extensions[_RECORDS] = metrics.count_requests(app.server.wsgi_app), records
    return app


def _gate_config(context: Context, auth: "AuthServices", store: "Store", defer: "Defer") -> "GateConfig":
    """Who is admitted to the web application, and where denials are recorded."""
    from ioc.web.errors import denial_log
    from ioc.web.middleware.authentication import Authenticator
    from ioc.web.middleware.client_ip import TrustedProxies
    from ioc.web.middleware.gate import GateConfig

    return GateConfig(
        Authenticator(auth.sessions, auth.displays, context.print_token(), auth.api_keys),
        TrustedProxies(context.settings.proxies, is_loopback_only=context.settings.is_loopback),
        audit_sink=denial_log.audit_sink(store, context.clock, defer),
        flush_denials=denial_log.denial_flusher(store, context.clock, defer),
        access_policy=auth.displays.policy,
        login_history=auth.sessions.recent_login_history,
    )


def work(context: Context) -> int:
    """The process for slow and outgoing work."""
    from ioc.worker.priority import yield_to_screens
    from ioc.worker.runner import run

    die_with_parent()
    yield_to_screens()
    context.lock_data_dir()
    store = context.store()
    store.write_by(context.clock)
    sweep = partial(_sweep, context, store)
    with sending_webhooks(context, store):
        run(store, context.settings, context.clock, print_token=context.print_token(), hourly=sweep)
    return 0


def _sweep(context: Context, store: "Store") -> None:
    """Disables unused accounts; deletes ended sessions, old audit entries and evidence files that no act has."""
    from ioc.auth import access_sweep
    from ioc.directives.evidence import prune_unused

    try:
        access_sweep.sweep_by_settled_clock(store, context.clock, context.configuration().access)
    except ConfigError as error:
        logging.getLogger("ioc.work").error("%s", format_faults(error, context.lang).rstrip())
    prune_unused(store, context.settings.data, context.clock)


def simulate(context: Context) -> int:
    """The simulated city, on the port of SIMULATOR. With a push token, its gauges send webhooks to this machine."""
    from simulator.server import CityTask, serve
    from simulator.server_addresses import MQTT, SQL
    from simulator.webhook_sender import WebhookTarget

    die_with_parent()
    context.lock_data_dir()
    settings, token = context.settings, context.environment.get(PUSH_TOKEN, "")
    base = context.environment.get(SIMULATOR, "http://127.0.0.1:8051")
    target = WebhookTarget(f"{settings.base_url}/vao", token) if token else None
    servers = {name: context.environment[name] for name in (MQTT, SQL) if name in context.environment}
    tasks = list[CityTask]()
    if servers:
        from simulator.local_servers import LocalServers

        tasks = [lambda city: LocalServers(servers, city).run()]
    serve(urlsplit(base).port or 8051, settings.seed, context.clock, settings.data / "inbox", target, tasks)
    return 0


def build_id(context: Context, fingerprint: str) -> str:
    """Identifies the program and its configuration: when it changes, screens reload once."""
    digest = sha256(fingerprint.encode())
    for folder in _BUILD_FOLDERS:
        for path in sorted((context.root / folder).rglob("*")):
            if path.suffix in {".py", ".js", ".css", ".toml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


# The code that screens depend on.
_BUILD_FOLDERS = ("assets", "components", "pages", "ioc/domain", "ioc/snapshot", "ioc/web")
