"""`run`: check, prepare the store, then keep every process of this machine alive until Ctrl-C."""

import errno
import signal
import socket
import sys

from components.ui.error_messages import reason
from components.ui.i18n import say
from ioc.cli.context import PUSH_TOKEN, SIMULATOR, Context
from ioc.cli.supervisor import Role, Supervisor
from ioc.cli.users import first_administrator
from ioc.config.settings import Settings
from ioc.storage.db.data_dir_lock import first


def run(context: Context) -> int:
    """Until Ctrl-C or SIGTERM; every child is ended with it."""
    settings = context.settings
    made, _ = context.checked()
    store = context.store()
    if not first(settings.data):
        context.complain("already_runs", folder=settings.data)
        return 1
    context.occupy()
    store.migrate()
    context.secret()  # made here, once, for all processes
    if fault := exposed(settings, context.lang) or unusable(settings, context.lang):
        sys.stderr.write(f"{fault}\n")
        return 1
    administrator = first_administrator(context, store, made.access)
    store.close()
    # As it was given: what stands in files is read by each child itself, and lies in no environment.
    environment = dict(context.given or context.environment, PYTHONUNBUFFERED="1")
    names = ["poll", "web", "work"]
    if made.simulated and SIMULATOR not in context.environment:
        environment[SIMULATOR] = f"http://127.0.0.1:{free_port()}"
        environment.setdefault(PUSH_TOKEN, context.secret().key("simulated-push").hex())
        names.insert(0, "simulate")
        (settings.data / "simulator.address").write_text(environment[SIMULATOR])  # for `fault`
    program = str(context.root / "app.py")
    supervisor = Supervisor(
        [Role(name, [sys.executable, program, name], serves=name == "simulate") for name in names], environment
    )
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: supervisor.stop())
    sys.stdout.write(addresses(settings) + administrator)
    sys.stdout.flush()
    supervisor.run()
    return 0


def addresses(settings: Settings) -> str:
    """What to open."""
    base = f"http://{socket.gethostname()}:{settings.port}" if settings.everywhere else settings.home
    lines = [f"  Bàn làm việc · desk    {base}/", f"  Màn hình lớn · wall    {base}/tuong"]
    return "\n".join(["", "IOC Cần Thơ", *lines, "  Ctrl-C để dừng · to stop", "", ""])


def exposed(settings: Settings, lang: str) -> str:
    """Why other machines may not reach it: passwords would cross the network to be read. "" when they may."""
    if settings.loopback or settings.proxies or settings.plain_http:
        return ""
    return say("commands.exposed", lang, host=settings.host)


_WHY = {
    errno.EADDRINUSE: "port_taken",
    errno.EADDRNOTAVAIL: "host_elsewhere",
    errno.EACCES: "port_forbidden",
}


def unusable(settings: Settings, lang: str) -> str:
    """Why nobody can listen there, "" when one can."""
    host, port = settings.host.strip("[]"), settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return say("commands.host_elsewhere", lang, host=host)
        except OSError as error:
            key = _WHY.get(error.errno or 0, "host_unusable")
            return say(
                f"commands.{key}", lang, host=host, port=port, why=reason(error.strerror or type(error).__name__, lang)
            )
    return ""


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
