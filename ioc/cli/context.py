"""What every command is given: settings, environment, clock; and what several of them make from it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from components.ui.error_messages import fault
from components.ui.i18n import say
from ioc.config.errors import Fault, Faults
from ioc.config.map_import import current
from ioc.config.settings import Settings
from ioc.domain.base.times import Clock, city_date
from ioc.domain.ingest.protocol import Letter

if TYPE_CHECKING:
    from data_sources._http import Door
    from ioc.auth.print_token import Pass
    from ioc.auth.secret_key import Secret
    from ioc.config.configuration import Configuration
    from ioc.domain.geo.map_layers import MapLayers
    from ioc.domain.ingest.source import Source
    from ioc.storage.db.store import Store
    from ioc.web.cameras.upstream import Way
    from ioc.web.views.services import Office

# The address of the simulated city, which the supervisor hands to its children.
SIMULATOR = "SIMULATOR"
# The token that the simulated city's gauges show at the centre's way in; `run` makes one for its children.
PUSH_TOKEN = "SIM_PUSH_TOKEN"
_NO_TOKEN = "-"  # too short to open anything: a centre without the simulated city takes in nothing for it


@dataclass(frozen=True, slots=True)
class Context:
    """`environment` is read nowhere else. Rooms are imported where they are used: each process loads only its own."""

    settings: Settings
    environment: Mapping[str, str]
    root: Path
    clock: Clock
    lang: str = "vi"  # of what is said
    given: Mapping[str, str] = field(default_factory=dict)  # `environment` before secrets were read from files

    def configuration(self) -> "Configuration":
        """The configuration of this profile. Faults, all at once."""
        from data_sources import protocols
        from ioc.config.loading import load
        from simulator.directives import directives

        known = {"DATA": str(self.settings.data), SIMULATOR: self.simulator(), PUSH_TOKEN: _NO_TOKEN}
        known |= self.environment
        today = city_date(self.clock())
        return load(
            self.settings.config,
            known,
            protocols(),
            today=today,
            generate=partial(directives, self.settings.seed),
        )

    def checked(self) -> "tuple[Configuration, MapLayers]":
        """The configuration and the map's layers. Faults of both, all at once."""
        from ioc.config.layers import load

        made, faults = None, list[Fault]()
        try:
            made = self.configuration()
        except Faults as wrong:
            faults += wrong.faults
        try:
            layers = load(self.map, made.units if made else None)
        except Faults as wrong:
            faults += wrong.faults
        if made is None or faults:
            raise Faults(faults)
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
            raise Faults([Fault("environment", 0, what, "a folder that this user may write to")]) from None
        return Store(self.settings.database_url)

    def secret(self) -> "Secret":
        """The centre's secret. Faults when it cannot be used."""
        from ioc.auth.secret_key import NAME, Secret, SecretRefused

        try:
            return Secret.read(self.environment, self.settings.data)
        except SecretRefused as refused:
            raise Faults([Fault("environment", 0, str(refused), f"{NAME} of 32 characters or more")]) from None

    def office(self, made: "Configuration", store: "Store") -> "Office":
        """What the pages of forms work with: people, screens, and whose they may be."""
        from ioc.auth.api_keys import Programs
        from ioc.auth.displays import Screens
        from ioc.auth.oidc import Door as Provider
        from ioc.auth.users import People
        from ioc.domain.submissions.submission import holder
        from ioc.web.live.page_registry import titles
        from ioc.web.views.services import Office

        rules = made.access
        people = People(store, self.clock, rules, self.secret())
        named = {key: one.name for key, one in made.agencies.items()}

        def owing() -> set[str]:
            held = (holder(one, made.register.agencies, self.clock()) for one in made.duties if one.enabled)
            return {key for key in held if key}

        screens, programs = Screens(store, self.clock, rules), Programs(store, self.clock, rules)
        openid = rules.openid
        client = self.environment.get(openid.secret, "") if openid else ""
        provider = Provider(openid, people, self.secret(), self.clock, client, self.ca) if openid else None
        return Office(store, people, screens, programs, self.clock, rules, lambda: named, titles, provider, owing)

    def printer(self) -> "Pass":
        """What our own printer shows, and the web process knows it by."""
        from ioc.auth.print_token import LABEL, Pass

        return Pass(self.secret().key(LABEL), lambda: self.clock().timestamp())

    def occupy(self) -> None:
        """Work on the folder of data until this process ends. Faults while it is being replaced by a backup."""
        from ioc.storage.db.data_dir_lock import share

        try:
            held = share(self.settings.data)
        except OSError:  # who may not write there cannot be in the way of a restore by who may
            return
        if not held:
            what = f"IOC_DATA={self.settings.data} is being restored"
            raise Faults([Fault("environment", 0, what, "start again when that is done")])

    @property
    def maps(self) -> Path:
        """Where sets of the city's own map layers are kept."""
        return self.settings.data / "map"

    @property
    def map(self) -> Path | None:
        """The folder of layers in use: the one that IOC_MAP names, else the set that was laid; None: the schematic."""
        return self.settings.map or current(self.maps)

    def source(self, key: str) -> "Source | None":
        """The source called so; None, and those that there are were named."""
        sources = {one.key: one for one in self.configuration().sources}
        if key not in sources:
            self.complain("no_source", source=key, known=", ".join(sorted(sources)))
        return sources.get(key)

    def say(self, key: str, **parts: object) -> None:
        """Print the sentence `commands.<key>`."""
        sys.stdout.write(say(f"commands.{key}", self.lang, **parts) + "\n")

    def complain(self, key: str, **parts: object) -> None:
        """Print it where faults are told."""
        sys.stderr.write(say(f"commands.{key}", self.lang, **parts) + "\n")

    def door(self, mailbox: Callable[[str], list[Letter]] = lambda _: []) -> "Door":
        """The way out for fetches: proxy and private CA as the environment says; `mailbox`: what was pushed to us."""
        from data_sources._http import Door

        return Door(
            self.clock,
            self.environment,
            ca=self.ca,
            proxy=self.proxy,
            direct=self.direct,
            mailbox=mailbox,
        )

    @property
    def ca(self) -> Path | None:
        """Certificates that are believed beside the system's."""
        given = self.environment.get("SSL_CERT_FILE")
        return Path(given) if given else None

    @property
    def proxy(self) -> str | None:
        """The proxy for all hosts but loopback and the direct ones."""
        return self.environment.get("HTTPS_PROXY") or self.environment.get("HTTP_PROXY") or None

    @property
    def direct(self) -> tuple[str, ...]:
        """The hosts that are asked without the proxy."""
        return tuple(filter(None, self.environment.get("NO_PROXY", "").split(",")))

    def way(self) -> "Way":
        """The way out for streams of cameras: as that of fetches."""
        from ioc.net.tls import trusting
        from ioc.web.cameras.upstream import Way

        near = {*self.direct, "localhost", "127.0.0.1", "::1"}
        return Way(trusting(self.ca), lambda host: None if host in near else self.proxy)


def told(faults: Faults, lang: str) -> str:
    """Every fault in a line of its own, in the words of the catalogue."""
    lines = []
    for one in faults.faults:
        said = replace(one, what=fault(one.what, lang), instead=one.instead and fault(one.instead, lang))
        lines.append(f"{said}\n")
    return "".join(lines)
