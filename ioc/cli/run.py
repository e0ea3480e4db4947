"""`run`: check, prepare the store, then keep every process of this machine alive until Ctrl-C."""

import errno
import signal
import socket
import sys

from components.ui.error_messages import sentence_text
from components.ui.i18n import t
from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context
from ioc.cli.supervisor import ProcessRole, Supervisor
from ioc.cli.users import first_administrator_notice
from ioc.config.settings import EnvironmentSettings
from ioc.storage.db.data_dir_lock import acquire_supervisor


def run(context: Context) -> int:
    """Until Ctrl-C or SIGTERM; every child is ended with it."""
    settings = context.settings
    made, _ = context.checked_configuration()
    store = context.store()
    if not acquire_supervisor(settings.data):
        context.print_error("already_runs", folder=settings.data)
        return 1
    context.lock_data_dir()
    store.migrate()
    context.secret()  # made here, once, for all processes
    if fault := exposure_error(settings, context.lang) or bind_error(settings, context.lang):
        sys.stderr.write(f"{fault}\n")
        return 1
    administrator = first_administrator_notice(context, store, made.access)
    store.close()
    # As it was given: what stands in files is read by each child itself, and lies in no environment.
    environment = dict(context.raw_environment or context.environment, PYTHONUNBUFFERED="1")
    names = ["poll", "web", "work"]
    if made.is_simulated and SIMULATOR not in context.environment:
        environment[SIMULATOR] = f"http://127.0.0.1:{free_port()}"
        environment.setdefault(PUSH_TOKEN, context.secret().derive("simulated-push").hex())
        names.insert(0, "simulate")
        (settings.data / "simulator.address").write_text(environment[SIMULATOR])  # for `fault`
    program = str(context.root / "app.py")
    supervisor = Supervisor(
        [ProcessRole(name, [sys.executable, program, name], is_server=name == "simulate") for name in names],
        environment,
    )
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: supervisor.stop())
    sys.stdout.write(startup_banner(settings) + administrator)
    sys.stdout.flush()
    supervisor.run()
    return 0


def startup_banner(settings: EnvironmentSettings) -> str:
    """What to open."""
    base = f"http://{socket.gethostname()}:{settings.port}" if settings.is_wildcard else settings.base_url
    lines = [f"  Bàn làm việc · desk    {base}/", f"  Màn hình lớn · wall    {base}/tuong"]
    return "\n".join(["", "IOC Cần Thơ", *lines, "  Ctrl-C để dừng · to stop", "", ""])


def exposure_error(settings: EnvironmentSettings, lang: str) -> str:
    """Why other machines may not reach it: passwords would cross the network to be read. "" when they may."""
    if settings.is_loopback or settings.proxies or settings.plain_http:
        return ""
    return t("commands.exposed", lang, host=settings.host)


_BIND_ERROR_KEYS = {
    errno.EADDRINUSE: "port_taken",
    errno.EADDRNOTAVAIL: "host_elsewhere",
    errno.EACCES: "port_forbidden",
}


def bind_error(settings: EnvironmentSettings, lang: str) -> str:
    """Why nobody can listen there, "" when one can."""
    host, port = settings.host.strip("[]"), settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return t("commands.host_elsewhere", lang, host=host)
        except OSError as error:
            key = _BIND_ERROR_KEYS.get(error.errno or 0, "host_unusable")
            return t(
                f"commands.{key}",
                lang,
                host=host,
                port=port,
                why=sentence_text(error.strerror or type(error).__name__, lang),
            )
    return ""


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
