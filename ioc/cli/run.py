"""`run`: check the configuration, prepare the store, then supervise every process of this machine until Ctrl-C."""

import errno
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from ioc.auth.secret_key import FILE_NAME as SECRET_FILE
from ioc.cli.context import PUSH_TOKEN, SIMULATED_DAY, SIMULATOR, Context
from ioc.cli.data_files import PREPARED_FILES, environment_error, prepared_files
from ioc.cli.errors import CliCode
from ioc.cli.supervisor import ProcessRole, Supervisor
from ioc.cli.unwritten_output import unwritten_output
from ioc.cli.users import create_simulated_accounts, first_administrator_notice
from ioc.config.environment import SettingsCode
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.base.times import city_date
from ioc.storage.db.data_dir_lock import acquire_supervisor

if TYPE_CHECKING:
    from ioc.config.configuration import Configuration

# In the data folder, the copy of the configuration that all processes read: one that is started again while the files
# are being changed goes on with what was checked.
_CONFIGURATION = "running-configuration"
_BACKLOG = 2048  # connections that wait to be accepted: all displays start at once


def run(context: Context) -> int:
    """Run all processes until Ctrl-C or SIGTERM, which ends them too."""
    from ioc.cli.stored_meaning import refuse_changed_meaning
    from ioc.storage.db.sqlite_file import log_is_lost, path_of

    settings = context.settings
    context.checked_configuration()  # before anything is made
    context.create_data_folder()
    if not acquire_supervisor(settings.data):
        context.print_error("already_runs", folder=settings.data)
        return 1
    context.lock_data_dir()
    is_wal_lost = log_is_lost(settings.database_url)
    store = context.migrated_store()
    if is_wal_lost:
        store.verify()
        context.print_error("log_lost", folder=settings.data)
    context = replace(context, settings=replace(settings, config=_copy_configuration(settings)))
    configuration = context.configuration()
    refuse_changed_meaning(store, configuration, context.clock())
    context.secret()  # created here, once, for all processes
    if failure := exposure_failure(settings) or bind_failure(settings):
        sys.stderr.write(f"{describe(failure, context.lang)}\n")
        return 1
    sys.stdout.write(startup_banner(settings))
    # At once: nobody would learn these passwords later if the next step failed.
    sys.stdout.write(administrator := first_administrator_notice(context, store, configuration.access))
    if administrator and configuration.is_simulated:
        for notice in create_simulated_accounts(context, store, configuration):
            sys.stdout.write(notice)
    store.close()
    # Without the secrets from files: each child reads them itself, so that they stand in no environment.
    environment = dict(context.raw_environment or context.environment, PYTHONUNBUFFERED="1")
    files = (settings.data, settings.data / SECRET_FILE, path_of(settings.database_url))
    environment[PREPARED_FILES] = prepared_files(filter(None, files))
    environment.setdefault(SIMULATED_DAY, city_date(context.clock()).isoformat())
    environment["IOC_CONFIG"] = str(context.settings.config)
    environment.pop("IOC_CONFIG_FILE", None)
    names = ["poll", "web", "work"]
    if configuration.is_simulated and SIMULATOR not in context.environment:
        from simulator.free_ports import free_ports

        environment[SIMULATOR] = f"http://127.0.0.1:{free_ports(3)}"  # of the city, of Mosquitto, of PostgreSQL
        environment |= _server_addresses(context, configuration, environment[SIMULATOR])
        environment.setdefault(PUSH_TOKEN, context.secret().derive("simulated-push").hex())
        names.insert(0, "simulate")
        (settings.data / "simulator.address").write_text(environment[SIMULATOR])  # for `fault`
    program = str(context.root / "app.py")
    supervisor = Supervisor(
        [ProcessRole(name, [sys.executable, program, name], is_server=name == "simulate") for name in names],
        environment,
    )
    supervisor.stop_on_signals()
    if unwritten_output() and administrator:
        context.print_error("passwords_unwritten")
    supervisor.run()
    return 0


def _copy_configuration(settings: EnvironmentSettings) -> Path:
    """The folder that all processes read. ConfigError where it cannot be written."""
    from ioc.config.folder import copy_folder

    target = settings.data / _CONFIGURATION
    try:
        return copy_folder(settings.config, target)
    except OSError as error:
        failure = Failure(SettingsCode.DATA_FOLDER_NOT_CREATED, {"folder": str(target), "cause": system_failure(error)})
        raise environment_error(failure, SettingsCode.WRITABLE_FOLDER) from None


def startup_banner(settings: EnvironmentSettings) -> str:
    """The addresses to open."""
    base = f"http://{socket.gethostname()}:{settings.port}" if settings.is_wildcard else settings.base_url
    lines = [f"  Bàn làm việc · desk    {base}/", f"  Màn hình lớn · wall    {base}/tuong"]
    return "\n".join(["", "IOC Cần Thơ", *lines, "  Ctrl-C để dừng · to stop", "", ""])


def exposure_failure(settings: EnvironmentSettings) -> Failure | None:
    """Why the program may not listen for other machines: passwords would cross the network in clear. None if it may."""
    if settings.is_loopback or settings.proxies or settings.plain_http:
        return None
    return Failure(CliCode.EXPOSED_WITHOUT_TLS, {"host": settings.host})


def bind_failure(settings: EnvironmentSettings) -> Failure | None:
    """Why the address cannot be listened on; None if it can."""
    host, port = settings.host.strip("[]"), settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return Failure(CliCode.HOST_NOT_LOCAL, {"host": host})
        except OSError as error:
            return _bind_failure(error, host, str(port))
    return None


def listen(settings: EnvironmentSettings) -> socket.socket:
    """The socket that the web process listens on; several processes may share it. OSError: see `bind_failure`."""
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, settings.port), family=family, backlog=_BACKLOG)


def _bind_failure(error: OSError, host: str, port: str) -> Failure:
    match error.errno:
        case errno.EADDRINUSE:
            return Failure(CliCode.PORT_TAKEN, {"port": port})
        case errno.EACCES:
            return Failure(CliCode.PORT_FORBIDDEN, {"port": port})
        case errno.EADDRNOTAVAIL:
            return Failure(CliCode.HOST_NOT_LOCAL, {"host": host})
        case _:
            return Failure(CliCode.HOST_UNUSABLE, {"host": host, "port": port, "cause": system_failure(error)})


def _server_addresses(context: Context, configuration: "Configuration", simulator: str) -> dict[str, str]:
    """The addresses, by variable, of the servers of other programs that enabled sources read."""
    from simulator.server_addresses import addresses

    configured, data = {source.address for source in configuration.sources if source.is_enabled}, context.settings.data
    used = {name for name, address in addresses(context.simulator(), data).items() if address in configured}
    return {name: address for name, address in addresses(simulator, data).items() if name in used}
