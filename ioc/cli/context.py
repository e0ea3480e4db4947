"""The context of a command: settings, environment, clock, and the services built from them."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from components.ui.error_messages import describe
from components.ui.i18n import Part, t
from ioc.cli.data_files import PREPARED_FILES, create_data_folder, environment_error, refuse_other_files
from ioc.config.environment import SettingsCode
from ioc.config.errors import ConfigError, ConfigFault, group_equal
from ioc.config.map_import import current_folder
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock, city_date

if TYPE_CHECKING:
    from data_sources._http.client import PendingMessages
    from data_sources._http.factory import HttpClientFactory
    from ioc.auth.print_token import PrintToken
    from ioc.auth.secret_key import SecretKey
    from ioc.config.configuration import Configuration
    from ioc.domain.geo.map_layers import MapLayers
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.background_writer import Defer
    from ioc.storage.db.store import Store
    from ioc.web.cameras.camera_stream import OutboundTransport
    from ioc.web.views.services import Services

# Variable with the address of the simulated city, which the supervisor sets for its children.
SIMULATOR = "SIMULATOR"
# Variable with the token of the simulated city's webhooks; `run` makes one for its children.
PUSH_TOKEN = "SIM_PUSH_TOKEN"
# Variable with the day for which simulated documents are made. `run` sets the day of its start for its children: one
# that is started again after midnight has the same documents as the others.
SIMULATED_DAY = "SIM_DAY"
# How long a command about accounts or API keys waits for its turn to write, as after a start, when history is written.
PATIENT_SECONDS = 60.0
_MAX_PLACES = 5  # further places of equal faults that are listed
_NO_TOKEN = "-"  # too short to be accepted: without the simulated city none of its webhooks is accepted


@dataclass(frozen=True, slots=True)
class Context:
    """`environment`: with secrets from files; `raw_environment`: before that. `root`: the program's folder. `lang`: of
    messages. Packages are imported where they are used, so that each process loads only its own.
    """

    settings: EnvironmentSettings
    environment: Mapping[str, str]
    root: Path
    clock: Clock
    lang: str = "vi"
    raw_environment: Mapping[str, str] = field(default_factory=dict)

    def configuration(self) -> "Configuration":
        """The configuration of this profile. ConfigError with all faults."""
        from data_sources import protocols
        from ioc.config.loading import load
        from simulator import server_addresses
        from simulator.directives import make_directives

        simulator = self.simulator()
        environment = {"DATA": str(self.settings.data), SIMULATOR: simulator, PUSH_TOKEN: _NO_TOKEN}
        environment |= server_addresses.addresses(simulator, self.settings.data)
        environment |= self.environment
        generate = partial(make_directives, self.settings.seed)
        day = self.environment.get(SIMULATED_DAY)
        today = date.fromisoformat(day) if day else city_date(self.clock())
        return load(
            self.settings.config, environment, protocols(), today=today, generate=generate,
            unavailable=server_addresses.unavailable(),
        )  # fmt: skip

    def checked_configuration(self) -> "tuple[Configuration, MapLayers]":
        """The configuration and the map's layers. ConfigError with all faults of both."""
        from ioc.config.layers import load

        configuration, faults = None, list[ConfigFault]()
        try:
            configuration = self.configuration()
        except ConfigError as error:
            faults += error.faults
        try:
            layers = load(self.map_folder, configuration.units if configuration else None)
        except ConfigError as error:
            faults += error.faults
        if configuration is None or faults:
            raise ConfigError(faults)
        return configuration, layers

    def simulator(self) -> str:
        """Address of the simulated city: from the environment, else from the file that the newest `run` wrote."""
        file = self.settings.data / "simulator.address"
        address = self.environment.get(SIMULATOR) or (file.read_text().strip() if file.is_file() else "")
        return address or "http://127.0.0.1:8051"

    def store(self, busy_seconds: float = 10.0) -> "Store":
        """The store of this profile; creates its folder. ConfigError when that is impossible.

        `busy_seconds`: how long it waits while another process writes to SQLite. StoreError: see `refuse_unsound_log`.
        """
        from ioc.storage.db.sqlite_file import path_of, refuse_unsound_log
        from ioc.storage.db.store import Store

        self.create_data_folder()
        if path := path_of(self.settings.database_url):
            refuse_unsound_log(path)
        return Store(self.settings.database_url, busy_seconds=busy_seconds)

    def migrated_store(self, busy_seconds: float = 10.0) -> "Store":
        """The store with its tables, created where there are none yet. `busy_seconds`: see `store`.

        StoreError (EMPTIED) where there are none any more: an empty store would let anybody become its administrator;
        (DATABASE_EXCHANGED) where a child of `run` finds none; (RESTORE_UNFINISHED): what a PostgreSQL database holds
        is unchecked; (DAMAGED): see `refuse_damaged_numbers`.
        """
        from ioc.storage.backup.store_traces import trace_of_store
        from ioc.storage.db.damaged_rows import refuse_damaged_numbers
        from ioc.storage.db.errors import StoreCode, StoreError

        data, store = self.settings.data, self.store(busy_seconds)
        try:
            store.refuse_unfinished_restore()
            if store.is_empty() and PREPARED_FILES in self.environment:
                raise StoreError(StoreCode.DATABASE_EXCHANGED)
            if store.is_empty() and (trace := trace_of_store(data, self.settings.database_url, self.settings.profile)):
                raise StoreError(StoreCode.EMPTIED, folder=str(data), trace=str(trace))
            store.migrate()
            refuse_damaged_numbers(store.read)
        except StoreError:
            store.close()
            raise
        return store

    def create_data_folder(self) -> None:
        """Creates the data folder where there is none. ConfigError: see the functions of `data_files`."""
        refuse_other_files(self.environment, self.settings.data)
        create_data_folder(self.settings.data)

    def secret(self) -> "SecretKey":
        """The secret key of this installation. ConfigError when it cannot be used."""
        from ioc.auth.secret_key import SecretKey, SecretKeyCode, SecretKeyError

        try:
            return SecretKey.read(self.environment, self.settings.data)
        except SecretKeyError as error:
            is_empty = error.failure.code == SecretKeyCode.EMPTY
            expected = SettingsCode.SECRET_KEY_KEPT if is_empty else SettingsCode.SECRET_KEY_FORM
            raise environment_error(error.failure, expected) from None

    def services(self, configuration: "Configuration", store: "Store", defer: "Defer | None" = None) -> "Services":
        """The services of the pages with forms: accounts, displays, API keys, OIDC client. `defer`: see them."""
        from ioc.auth.services import build_services
        from ioc.domain.directives.agency import assignable
        from ioc.web.live.page_registry import titles_by_path
        from ioc.web.views.services import Services

        policy = configuration.access
        oidc_secret = self.environment.get(policy.oidc.secret_env, "") if policy.oidc else ""
        auth = build_services(
            store, self.clock, policy, self.secret(), agencies=configuration.agencies, oidc_secret=oidc_secret,
            ca=self.ca_file, defer=defer,
        )  # fmt: skip
        agency_names = {key: agency.name for key, agency in configuration.agencies.items()}

        return Services(
            store, auth, self.clock, policy, lambda: agency_names, titles_by_path,
            lambda: assignable(configuration.agencies, city_date(self.clock())),
        )  # fmt: skip

    def print_token(self) -> "PrintToken":
        """The token by which the web process recognises our own print worker."""
        from ioc.auth.print_token import KEY_LABEL, PrintToken

        return PrintToken(self.secret().derive(KEY_LABEL), self.clock)

    def lock_data_dir(self) -> int:
        """Locks the data folder (shared) until this process ends. ConfigError while a backup is restored there.

        Returns the descriptor of the lock. StoreError (LOCK_NOT_OPENED).
        """
        from ioc.storage.db.data_dir_lock import acquire_shared

        self.create_data_folder()
        lock = acquire_shared(self.settings.data)
        if lock is None:
            failure = Failure(SettingsCode.BEING_RESTORED, {"folder": str(self.settings.data)})
            raise environment_error(failure, SettingsCode.START_AFTER_RESTORE)
        return lock

    @contextmanager
    def using_data(self) -> Iterator[None]:
        """Locks the data folder (shared) for a command that writes to it, or reads it for long.

        Errors: see `lock_data_dir`.
        """
        lock = self.lock_data_dir()
        try:
            yield
        finally:
            os.close(lock)

    @property
    def map_sets_folder(self) -> Path:
        """The folder of the sets of the city's own map layers."""
        return self.settings.data / "map"

    @property
    def map_folder(self) -> Path | None:
        """The folder of layers in use: that of IOC_MAP, else of the installed set; None: the schematic."""
        return self.settings.map or current_folder(self.map_sets_folder)

    def source(self, key: str) -> "Source | None":
        """The source `key`. None when there is none; an error with the known ones is printed then."""
        sources = {source.key: source for source in self.configuration().sources}
        if key not in sources:
            self.print_error("no_source", source=key, known=", ".join(sorted(sources)))
        return sources.get(key)

    def print_message(self, key: str, **parts: Part) -> None:
        """Print the message `commands.<key>`."""
        sys.stdout.write(t(f"commands.{key}", self.lang, **parts) + "\n")

    def print_error(self, key: str, **parts: Part) -> None:
        """Print the message `commands.<key>` to standard error."""
        sys.stderr.write(t(f"commands.{key}", self.lang, **parts) + "\n")

    def http_client_factory(
        self, pending_messages: "PendingMessages | None" = None, may_connect: Callable[[], bool] = lambda: True
    ) -> "HttpClientFactory":
        """HTTP clients of the sources, with the proxy and the CA of the environment.

        `pending_messages`, `may_connect`: see HttpClientFactory.
        """
        from data_sources._http.factory import HttpClientFactory

        return HttpClientFactory(
            self.clock,
            self.environment,
            ca=self.ca_file,
            proxy=self.proxy_url,
            direct=self.no_proxy_hosts,
            pending_messages=pending_messages,
            may_connect=may_connect,
        )

    @property
    def ca_file(self) -> Path | None:
        """File of trusted certificates beside the system's; None for none."""
        path = self.environment.get("SSL_CERT_FILE")
        return Path(path) if path else None

    @property
    def proxy_url(self) -> str | None:
        """The proxy for all hosts but loopback and the direct ones."""
        return self.environment.get("HTTPS_PROXY") or self.environment.get("HTTP_PROXY") or None

    @property
    def no_proxy_hosts(self) -> tuple[str, ...]:
        """The hosts that are reached without the proxy."""
        return tuple(filter(None, self.environment.get("NO_PROXY", "").split(",")))

    def camera_transport(self) -> "OutboundTransport":
        """The transport for streams of cameras, with the same proxy and CA as for sources."""
        from ioc.web.cameras.camera_stream import OutboundTransport

        return OutboundTransport(self.ca_file, self.proxy_for)

    def proxy_for(self, host: str) -> str | None:
        """The proxy through which `host` is reached; None for directly."""
        return None if host in {*self.no_proxy_hosts, "localhost", "127.0.0.1", "::1"} else self.proxy_url


def format_faults(error: ConfigError, lang: str) -> str:
    """One line per fault: place, failure, suggestion. Equal ones are one, and a line with further places."""
    lines = []
    for fault, *others in group_equal(error.faults):
        suggestion = f" → {describe(fault.suggestion, lang)}" if fault.suggestion else ""
        lines.append(f"{fault.place}: {describe(fault.failure, lang)}{suggestion}\n")
        if others:
            places = ", ".join(other.place for other in others[:_MAX_PLACES])
            more = ", …" if len(others) > _MAX_PLACES else ""
            lines.append(f"  {t('commands.more_places', lang, n=len(others), places=places + more)}\n")
    return "".join(lines)
