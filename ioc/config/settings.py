"""What the environment says about this machine: read once, in app.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from ioc.config.errors import ConfigError, ConfigFault, suggest

PROFILES = ("demo", "cantho")
VARIABLES = (
    "PORT", "HOST", "IOC_CONFIG", "IOC_DATA", "DATABASE_URL", "PROFILE", "IOC_MAP", "IOC_PROXY",
    "IOC_PLAIN_HTTP", "IOC_WORKERS", "IOC_THREADS", "IOC_SEED", "IOC_SECRET", "IOC_TLS_CERT",
)  # fmt: skip
_ENVIRONMENT = "environment"
_DIALECTS = ("sqlite:///", "postgresql+psycopg://")


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """`config`: the folder of yaml. `data`: the folder of the store. `map`: the city's own layers, None for none.

    `proxies`: addresses or networks of the TLS proxies in front. `plain_http`: why others may reach it without TLS, ""
    for not at all. `workers`: web processes; `threads`: of each of them.
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
        return self.host in ("0.0.0.0", "::")  # asked about, not bound to # nosec B104

    @property
    def base_url(self) -> str:
        """Its address as this machine reaches it."""
        host = "127.0.0.1" if self.is_wildcard else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], root: Path, earlier_faults: Iterable[ConfigFault] = ()
    ) -> "EnvironmentSettings":
        """From the environment; `root` is the program's folder. Faults, all at once, with what is `wrong` already."""
        asked = _EnvironmentReader({key: value.strip() for key, value in environment.items() if value.strip()})
        asked.faults += earlier_faults
        profile = asked.choice("PROFILE", PROFILES, "demo")
        # A store of simulated readings and one of real ones are two folders by default.
        data = asked.folder("IOC_DATA") or root / ".data" / profile
        settings = cls(
            host=asked.values.get("HOST", "127.0.0.1"),
            port=asked.number("PORT", 8050, 1, 65535),
            config=asked.folder("IOC_CONFIG", must_exist=True) or root / "config" / profile,
            data=data,
            database_url=asked.database_url(f"sqlite:///{data / 'ioc.db'}"),
            profile=profile,
            map=asked.folder("IOC_MAP", must_exist=True),
            proxies=asked.networks("IOC_PROXY"),
            plain_http=asked.values.get("IOC_PLAIN_HTTP", ""),
            workers=asked.number("IOC_WORKERS", 1, 1, 64),
            threads=asked.number("IOC_THREADS", 8, 1, 256),
            seed=asked.number("IOC_SEED", 1, 0, 2**31 - 1),
        )
        if asked.faults:
            raise ConfigError(asked.faults)
        return settings


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class _EnvironmentReader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.faults: list[ConfigFault] = []
        for name in values:
            if name.startswith("IOC_") and name not in VARIABLES:
                self._fault(f"{name} is not a setting", suggest(name, VARIABLES))

    def _fault(self, message: str, suggestion: str) -> None:
        self.faults.append(ConfigFault(_ENVIRONMENT, 0, message, suggestion))

    def number(self, name: str, default: int, low: int, high: int) -> int:
        text = self.values.get(name, str(default))
        if text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high:
            return int(text)
        self._fault(f"{name}={text[:40]} is no such number", f"a whole number from {low} to {high}")
        return default

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        text = self.values.get(name, default)
        if text not in known:
            self._fault(f"{name}={text[:40]} does not exist", suggest(text, known))
            return default
        return text

    def folder(self, name: str, *, must_exist: bool = False) -> Path | None:
        text = self.values.get(name)
        if text is None:
            return None
        path = Path(text).absolute()
        if must_exist and not path.is_dir():
            self._fault(f"{name}={text}: there is no such folder", "the path of a folder that exists")
        elif path.exists() and not path.is_dir():
            self._fault(f"{name}={text} is not a folder", "the path of a folder")
        return path

    def database_url(self, default: str) -> str:
        url = self.values.get("DATABASE_URL", default)
        if not url.startswith(_DIALECTS):
            # Never the URL itself: it may hold a password.
            self._fault("DATABASE_URL is of no kind that is known", " or ".join(f"{one}…" for one in _DIALECTS))
        return url

    def networks(self, name: str) -> tuple[str, ...]:
        found = tuple(self.values.get(name, "").replace(",", " ").split())
        for one in found:
            try:
                ip_network(one, strict=False)
            except ValueError:
                self._fault(f"{name}={one[:60]} is no address", "addresses or networks, as 127.0.0.1 or 10.0.0.0/24")
                return ()
        return found
