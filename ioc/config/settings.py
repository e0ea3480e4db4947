"""Settings of this machine from the environment, read once at the start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from ioc.config.environment import ENVIRONMENT, SettingsCode
from ioc.config.errors import ConfigError, ConfigFault, suggest
from ioc.domain.base.failure import Failure
from ioc.domain.base.sqlite_url import sqlite_url

PROFILES = ("demo", "cantho", "protocols")
VARIABLES = (
    "PORT", "HOST", "IOC_CONFIG", "IOC_DATA", "DATABASE_URL", "PROFILE", "IOC_MAP", "IOC_PROXY",
    "IOC_PLAIN_HTTP", "IOC_WORKERS", "IOC_THREADS", "IOC_SEED", "IOC_SECRET", "IOC_TLS_CERT",
)  # fmt: skip
_DIALECTS = ("sqlite:///", "postgresql+psycopg://")
_WIDEST_NETWORK = {4: 8, 6: 7}  # length of the prefix of the widest private network, by version of IP


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """`config`: the folder of yaml. `data`: the folder of the store. `map`: the city's own layers, None for none.

    `proxies`: addresses or networks of the TLS proxies in front. `plain_http`: the stated reason why other machines may
    reach the program without TLS, "" for not at all. `workers`: web processes; `threads`: of each of them.
    """

    host: str
    port: int
    config: Path
    data: Path
    database_url: str
    profile: str
    map: Path | None
    proxies: tuple[str, ...]
    plain_http: str
    workers: int
    threads: int
    seed: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def is_wildcard(self) -> bool:
        """Whether it listens on every address of this machine."""
        return self.host in ("0.0.0.0", "::")  # compared, not bound to # nosec B104

    @property
    def base_url(self) -> str:
        """The program's own address as this machine reaches it."""
        host = "127.0.0.1" if self.is_wildcard else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], root: Path, earlier_faults: Iterable[ConfigFault] = ()
    ) -> "EnvironmentSettings":
        """The settings; `root` is the program's folder. ConfigError with all faults, `earlier_faults` among them."""
        reader = _EnvironmentReader({key: value.strip() for key, value in environment.items() if value.strip()})
        reader.faults += earlier_faults
        profile = reader.choice("PROFILE", PROFILES, "demo")
        # A store of simulated readings and one of real ones are two folders by default.
        data = reader.folder("IOC_DATA") or root / ".data" / profile
        settings = cls(
            host=reader.values.get("HOST", "127.0.0.1"),
            port=reader.number("PORT", 8050, 1, 65535),
            config=reader.folder("IOC_CONFIG", must_exist=True) or root / "config" / profile,
            data=data,
            database_url=reader.database_url(sqlite_url(data / "ioc.db")),
            profile=profile,
            map=reader.folder("IOC_MAP", must_exist=True),
            proxies=reader.networks("IOC_PROXY"),
            plain_http=reader.values.get("IOC_PLAIN_HTTP", ""),
            workers=reader.number("IOC_WORKERS", 1, 1, 64),
            threads=reader.number("IOC_THREADS", 8, 1, 256),
            seed=reader.number("IOC_SEED", 1, 0, 2**31 - 1),
        )
        reader.check("SIM_DAY", date.fromisoformat)
        reader.check("SIMULATOR", lambda address: urlsplit(address).port)
        if reader.faults:
            raise ConfigError(reader.faults)
        return settings


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _has_file_or_server(url: str) -> bool:
    """Whether an SQLite URL names a file, which all processes can open, or another one a readable host and port."""
    if url.startswith("sqlite:"):
        return url.removeprefix("sqlite:///").partition("?")[0] not in ("", ":memory:")
    try:
        urlsplit(f"//{url.rpartition('@')[2].rpartition('://')[2]}").port  # noqa: B018 (it raises)
    except ValueError:
        return False
    return True


class _EnvironmentReader:
    """Reads variables one by one; `faults` grows by what is wrong."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.faults: list[ConfigFault] = []
        for name in values:
            if name.startswith("IOC_") and name not in VARIABLES:
                self._fault(SettingsCode.UNKNOWN_VARIABLE, suggest(name, VARIABLES), variable=name)

    def _fault(self, code: SettingsCode, suggestion: Failure | None, **params: str) -> None:
        self.faults.append(ConfigFault(ENVIRONMENT, 0, Failure(code, params), suggestion))

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.values.get(name, str(default))
        if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
            return int(text)
        suggestion = Failure(SettingsCode.NUMBER_RANGE, {"low": str(low), "high": str(high)})
        self._fault(SettingsCode.NUMBER_REJECTED, suggestion, variable=name, value=text[:40])
        return default

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        text = self.values.get(name, default)
        if text not in known:
            self._fault(SettingsCode.CHOICE_REJECTED, suggest(text, known), variable=name, value=text[:40])
            return default
        return text

    def folder(self, name: str, *, must_exist: bool = False) -> Path | None:
        text = self.values.get(name)
        if text is None:
            return None
        path = Path(text).absolute()
        if must_exist and not path.is_dir():
            suggestion = Failure(SettingsCode.EXISTING_FOLDER)
            self._fault(SettingsCode.FOLDER_MISSING, suggestion, variable=name, value=text)
        elif path.exists() and not path.is_dir():
            self._fault(SettingsCode.NOT_A_FOLDER, Failure(SettingsCode.FOLDER_PATH), variable=name, value=text)
        return path

    def database_url(self, default: str) -> str:
        url = self.values.get("DATABASE_URL", default)
        if not url.startswith(_DIALECTS):
            # Never the URL itself: it may hold a password.
            forms = ", ".join(f"{dialect}…" for dialect in _DIALECTS)
            self._fault(SettingsCode.UNKNOWN_DATABASE, Failure(SettingsCode.DATABASE_URLS, {"forms": forms}))
        elif not _has_file_or_server(url):
            self._fault(SettingsCode.UNUSABLE_DATABASE, None)
        return url

    def check(self, name: str, read: Callable[[str], object]) -> None:
        """A fault where `read` raises ValueError for the value of a variable that is read elsewhere."""
        text = self.values.get(name, "")
        try:
            if text:
                read(text)
        except ValueError:
            self._fault(SettingsCode.VALUE_REJECTED, None, variable=name, value=text[:60])

    def networks(self, name: str) -> tuple[str, ...]:
        addresses = tuple(self.values.get(name, "").replace(",", " ").split())
        for address in addresses:
            try:
                network = ip_network(address, strict=False)
            except ValueError:
                suggestion = Failure(SettingsCode.ADDRESS_FORMS)
                self._fault(SettingsCode.NOT_AN_ADDRESS, suggestion, variable=name, value=address[:60])
                return ()
            if network.prefixlen < _WIDEST_NETWORK[network.version]:
                suggestion = Failure(SettingsCode.ADDRESS_FORMS)
                self._fault(SettingsCode.NETWORK_TOO_WIDE, suggestion, variable=name, value=address[:60])
        return addresses
