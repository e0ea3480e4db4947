"""What pages offer for choice, the agencies and the pages that a display may show; names of audited objects."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ioc.domain.access.audit_object import AuditObject
from ioc.domain.base.localized_text import LocalizedText


@dataclass(frozen=True, slots=True)
class AgencyDirectory:
    """`names`: of all agencies, by key. `current`: keys of those that exist now; `owing`: of those that owe figures."""

    names: Callable[[], Mapping[str, LocalizedText]]
    current: Callable[[], Collection[str]]
    owing: Callable[[], Collection[str]] = frozenset

    def options(self, lang: str, chosen: str = "") -> list[tuple[str, str]]:
        """Key and name of each agency that exists now and of the one that is `chosen`, by name."""
        names, keys = self.names(), {*self.current(), chosen}
        options = ((key, names[key].get(lang)) for key in keys if key in names)
        return sorted(options, key=lambda option: option[1])

    def name(self, key: str, lang: str) -> str:
        """The name of an agency; its key where there is none."""
        names = self.names()
        return names[key].get(lang) if key in names else key


@dataclass(frozen=True, slots=True)
class AuditNames:
    """`names`: of what entries of the audit log are about, in a language: one for each key, "" where it is unknown."""

    names: Callable[[Collection[AuditObject], str], Mapping[AuditObject, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class DisplayPages:
    """`titles`: path -> title of the pages that a display may show."""

    titles: Callable[[], Mapping[str, str]]
