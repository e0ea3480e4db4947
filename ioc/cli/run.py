"""`run`: check the configuration, prepare the store, then supervise every process of this machine until Ctrl-C."""

import errno
import signal
import socket
import sys

from components.ui.error_messages import describe
from components.ui.i18n import t
from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context
from ioc.cli.supervisor import ProcessRole, Supervisor
from ioc.cli.users import first_administrator_notice
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.system_errors import system_failure
from ioc.storage.db.data_dir_lock import acquire_supervisor


def run(context: Context) -> int:
    """Run all processes until Ctrl-C or SIGTERM, which ends them too."""
    settings = context.settings
    configuration, _ = context.checked_configuration()
    store = context.store()
    if not acquire_supervisor(settings.data):
        context.print_error("already_runs", folder=settings.data)
        return 1
    context.lock_data_dir()
    store.migrate()
    context.secret()  # created here, once, for all processes
    if error := exposure_error(settings, context.lang) or bind_error(settings, context.lang):
        sys.stderr.write(f"{error}\n")
        return 1
    administrator = first_administrator_notice(context, store, configuration.access)
    store.close()
    # Without the secrets from files: each child reads them itself, so that they stand in no environment.
    environment = dict(context.raw_environment or context.environment, PYTHONUNBUFFERED="1")
    names = ["poll", "web", "work"]
    if configuration.is_simulated and SIMULATOR not in context.environment:
        environment[SIMULATOR] = f"http://127.0.0.1:{free_port()}"
        environment.setdefault(PUSH_TOKEN, context.secret().derive("simulated-push").hex())
        names.insert(0, "simulate")
        (settings.data / "simulator.address").write_text(environment[SIMULATOR])  # for `fault`
    program = str(context.root / "app.py")
    supervisor = Supervisor(
        [ProcessRole(name, [sys.executable, program, name], is_server=name == "simulate") for name in names],
        environment,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop())
    sys.stdout.write(startup_banner(settings) + administrator)
    sys.stdout.flush()
    supervisor.run()
    return 0


def startup_banner(settings: EnvironmentSettings) -> str:
    """The addresses to open."""
    base = f"http://{socket.gethostname()}:{settings.port}" if settings.is_wildcard else settings.base_url
    lines = [f"  Bàn làm việc · desk    {base}/", f"  Màn hình lớn · wall    {base}/tuong"]
    return "\n".join(["", "IOC Cần Thơ", *lines, "  Ctrl-C để dừng · to stop", "", ""])


def exposure_error(settings: EnvironmentSettings, lang: str) -> str:
    """Why the program may not listen for other machines: passwords would cross the network in clear. "" when it may."""
    if settings.is_loopback or settings.proxies or settings.plain_http:
        return ""
    return t("commands.exposed", lang, host=settings.host)


_BIND_ERROR_KEYS = {
    errno.EADDRINUSE: "port_taken",
    errno.EADDRNOTAVAIL: "host_elsewhere",
    errno.EACCES: "port_forbidden",
}


def bind_error(settings: EnvironmentSettings, lang: str) -> str:
    """Why the address cannot be listened on, "" when it can."""
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
            return t(f"commands.{key}", lang, host=host, port=port, why=describe(system_failure(error), lang))
    return ""


def free_port() -> int:
    """A free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
