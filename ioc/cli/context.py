"""What every command is given: settings, environment, clock; and what several of them make from it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from components.ui.error_messages import config_error_text, describe
from components.ui.i18n import t
from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.map_import import current_folder
from ioc.config.settings import EnvironmentSettings
from ioc.domain.base.times import Clock, city_date
from ioc.domain.ingest.protocol import WebhookMessage

if TYPE_CHECKING:
    from data_sources._http import HttpClientFactory
    from ioc.auth.print_token import PrintToken
    from ioc.auth.secret_key import SecretKey
    from ioc.config.configuration import Configuration
    from ioc.domain.geo.map_layers import MapLayers
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.store import Store
    from ioc.web.cameras.upstream import OutboundTransport
    from ioc.web.views.services import Services

# The address of the simulated city, which the supervisor hands to its children.
SIMULATOR = "SIMULATOR"
# The token that the simulated city's gauges show at the centre's way in; `run` makes one for its children.
PUSH_TOKEN = "SIM_PUSH_TOKEN"
_NO_TOKEN = "-"  # too short to open anything: a centre without the simulated city takes in nothing for it


@dataclass(frozen=True, slots=True)
class Context:
    """`environment` is read nowhere else. Rooms are imported where they are used: each process loads only its own."""

    settings: EnvironmentSettings
    environment: Mapping[str, str]
    root: Path
    clock: Clock
    lang: str = "vi"  # of what is said
    raw_environment: Mapping[str, str] = field(
        default_factory=dict
    )  # `environment` before secrets were read from files

    def configuration(self) -> "Configuration":
        """The configuration of this profile. Faults, all at once."""
        from data_sources import protocols
        from ioc.config.loading import load
        from simulator.directives import make_directives

        known = {"DATA": str(self.settings.data), SIMULATOR: self.simulator(), PUSH_TOKEN: _NO_TOKEN}
        known |= self.environment
        today = city_date(self.clock())
        return load(
            self.settings.config,
            known,
            protocols(),
            today=today,
            generate=partial(make_directives, self.settings.seed),
        )

    def checked_configuration(self) -> "tuple[Configuration, MapLayers]":
        """The configuration and the map's layers. Faults of both, all at once."""
        from ioc.config.layers import load

        made, faults = None, list[ConfigFault]()
        try:
            made = self.configuration()
        except ConfigError as wrong:
            faults += wrong.faults
        try:
            layers = load(self.map_folder, made.units if made else None)
        except ConfigError as wrong:
            faults += wrong.faults
        if made is None or faults:
            raise ConfigError(faults)
        return made, layers

    def simulator(self) -> str:
        """Where the simulated city is: the environment says, else what the newest `run` noted down."""
        noted = self.settings.data / "simulator.address"
        given = self.environment.get(SIMULATOR) or (noted.read_text().strip() if noted.is_file() else "")
        return given or "http://127.0.0.1:8051"

    def store(self) -> "Store":
        """The store of this profile, its folder made. Faults when that cannot be."""
        from ioc.storage.db.store import Store

        data = self.settings.data
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            what = f"IOC_DATA={data} cannot be made: {error.strerror}"
            raise ConfigError([ConfigFault("environment", 0, what, "a folder that this user may write to")]) from None
        return Store(self.settings.database_url)

    def secret(self) -> "SecretKey":
        """The centre's secret. Faults when it cannot be used."""
        from ioc.auth.secret_key import ENV_VARIABLE, SecretKey, SecretKeyError

        try:
            return SecretKey.read(self.environment, self.settings.data)
        except SecretKeyError as refused:
            what = describe(refused.failure, self.lang)
            raise ConfigError(
                [ConfigFault("environment", 0, what, f"{ENV_VARIABLE} of 32 characters or more")]
            ) from None

    def services(self, configuration: "Configuration", store: "Store") -> "Services":
        """What the pages of forms work with: people, screens, and whose they may be."""
        from ioc.auth.account_service import AccountService
        from ioc.auth.api_keys import ApiKeyService
        from ioc.auth.displays import DisplayService
        from ioc.auth.oidc import OidcClient as Provider
        from ioc.domain.submissions.submission import obligation_holder
        from ioc.web.live.page_registry import titles_by_path
        from ioc.web.views.services import Services

        rules = configuration.access
        people = AccountService(store, self.clock, rules, self.secret())
        named = {key: one.name for key, one in configuration.agencies.items()}

        def owing() -> set[str]:
            held = (
                obligation_holder(one, configuration.register.agencies, self.clock())
                for one in configuration.obligations
                if one.is_enabled
            )
            return {key for key in held if key}

        screens, programs = DisplayService(store, self.clock, rules), ApiKeyService(store, self.clock, rules)
        openid = rules.oidc
        client = self.environment.get(openid.secret_env, "") if openid else ""
        provider = Provider(openid, people, self.secret(), self.clock, client, self.ca_file) if openid else None
        return Services(
            store, people, screens, programs, self.clock, rules, lambda: named, titles_by_path, provider, owing
        )

    def print_token(self) -> "PrintToken":
        """What our own printer shows, and the web process knows it by."""
        from ioc.auth.print_token import KEY_LABEL, PrintToken

        return PrintToken(self.secret().derive(KEY_LABEL), lambda: self.clock().timestamp())

    def lock_data_dir(self) -> None:
        """Work on the folder of data until this process ends. Faults while it is being replaced by a backup."""
        from ioc.storage.db.data_dir_lock import acquire_shared

        try:
            held = acquire_shared(self.settings.data)
        except OSError:  # who may not write there cannot be in the way of a restore by who may
            return
        if not held:
            what = f"IOC_DATA={self.settings.data} is being restored"
            raise ConfigError([ConfigFault("environment", 0, what, "start again when that is done")])

    @property
    def map_sets_folder(self) -> Path:
        """Where sets of the city's own map layers are kept."""
        return self.settings.data / "map"

    @property
    def map_folder(self) -> Path | None:
        """The folder of layers in use: the one that IOC_MAP names, else the set that was laid; None: the schematic."""
        return self.settings.map or current_folder(self.map_sets_folder)

    def source(self, key: str) -> "Source | None":
        """The source called so; None, and those that there are were named."""
        sources = {one.key: one for one in self.configuration().sources}
        if key not in sources:
            self.print_error("no_source", source=key, known=", ".join(sorted(sources)))
        return sources.get(key)

    def print_message(self, key: str, **parts: object) -> None:
        """Print the sentence `commands.<key>`."""
        sys.stdout.write(t(f"commands.{key}", self.lang, **parts) + "\n")

    def print_error(self, key: str, **parts: object) -> None:
        """Print it where faults are told."""
        sys.stderr.write(t(f"commands.{key}", self.lang, **parts) + "\n")

    def http_client_factory(
        self, pending_webhooks: Callable[[str], list[WebhookMessage]] = lambda _: []
    ) -> "HttpClientFactory":
        """The way out for fetches: proxy and private CA as the environment says; `mailbox`: what was pushed to us."""
        from data_sources._http import HttpClientFactory

        return HttpClientFactory(
            self.clock,
            self.environment,
            ca=self.ca_file,
            proxy=self.proxy_url,
            direct=self.no_proxy_hosts,
            pending_messages=pending_webhooks,
        )

    @property
    def ca_file(self) -> Path | None:
        """Certificates that are believed beside the system's."""
        given = self.environment.get("SSL_CERT_FILE")
        return Path(given) if given else None

    @property
    def proxy_url(self) -> str | None:
        """The proxy for all hosts but loopback and the direct ones."""
        return self.environment.get("HTTPS_PROXY") or self.environment.get("HTTP_PROXY") or None

    @property
    def no_proxy_hosts(self) -> tuple[str, ...]:
        """The hosts that are asked without the proxy."""
        return tuple(filter(None, self.environment.get("NO_PROXY", "").split(",")))

    def camera_transport(self) -> "OutboundTransport":
        """The way out for streams of cameras: as that of fetches."""
        from ioc.net.tls import tls_context
        from ioc.web.cameras.upstream import OutboundTransport

        near = {*self.no_proxy_hosts, "localhost", "127.0.0.1", "::1"}
        return OutboundTransport(tls_context(self.ca_file), lambda host: None if host in near else self.proxy_url)


def format_faults(faults: ConfigError, lang: str) -> str:
    """Every fault in a line of its own, in the words of the catalogue."""
    lines = []
    for one in faults.faults:
        said = replace(
            one,
            message=config_error_text(one.message, lang),
            suggestion=one.suggestion and config_error_text(one.suggestion, lang),
        )
        lines.append(f"{said}\n")
    return "".join(lines)
