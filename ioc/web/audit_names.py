"""Names of what entries of the audit log are about, for the few entries of one page.

A document is named by its number and a task by that of its document: who reads the log may not see all of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import dash

from components.submissions.labels import period_name
from components.ui.i18n import t
from ioc.domain.access.audit_object import AuditObject, AuditObjectKind
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.obligation import parse_period, parse_phone_period
from ioc.storage.access import accounts, api_keys, displays
from ioc.storage.db.store import Conn, Store
from ioc.storage.directives import documents, positions

_Names = dict[str, str]


@dataclass(frozen=True, slots=True)
class AuditNameLookup:
    """Reads the names that are kept in the store and in the configuration.

    `snapshot`: one of any age, so that a page of the log never waits until one is built.
    """

    store: Store
    snapshot: Callable[[], Snapshot]

    def names(self, objects: Collection[AuditObject], lang: str) -> Mapping[AuditObject, tuple[str, ...]]:
        """The name of each key of an object, "" for one that is not known."""
        with self.store.read() as conn:
            by_kind = {
                kind: _stored_names(conn, kind, [each for each in objects if each.kind is kind])
                for kind in {each.kind for each in objects}
            }
        found = self.snapshot()
        return {each: _names_of(each, by_kind[each.kind], found, lang) for each in objects}


def _stored_names(conn: Conn, kind: AuditObjectKind, objects: Collection[AuditObject]) -> _Names:
    """Names of one kind by their key; none for a kind whose names are not in the store."""
    keys = {each.keys[0] for each in objects}
    match kind:
        case AuditObjectKind.ACCOUNT:
            return accounts.display_names(conn, keys)
        case AuditObjectKind.DISPLAY:
            return {each.key: each.display_name for each in displays.list_all(conn)}
        case AuditObjectKind.API_KEY:
            return {each.key: each.display_name for each in api_keys.list_all(conn)}
        case AuditObjectKind.DOCUMENT | AuditObjectKind.TASK:
            return documents.numbers_of(conn, keys)
        case AuditObjectKind.POSITION | AuditObjectKind.MANDATE:
            return {key: each.title for key, each in positions.load_positions(conn).by_key.items()}
        case _:
            return {}


def _names_of(each: AuditObject, stored: _Names, snapshot: Snapshot, lang: str) -> tuple[str, ...]:
    key = each.keys[0]
    match each.kind:
        case AuditObjectKind.FIGURES:
            return _figures(each, snapshot, lang)
        case AuditObjectKind.SOURCE | AuditObjectKind.EVENT:
            view = snapshot.sources_by_key.get(key)
            return (view.source.name.get(lang) if view else "", *each.keys[1:])
        case AuditObjectKind.UNIT:
            unit = snapshot.units.get(key)
            return (f"{unit.kind} {unit.name}" if unit else "",)
        case AuditObjectKind.REQUEST:
            agency = snapshot.agency_names.get(key)
            page = dash.page_registry.get(f"pages.{each.keys[1].partition('.')[0]}", {})
            return (agency.get(lang) if agency else "", t(page["label_key"], lang) if "label_key" in page else "")
        case AuditObjectKind.TASK:
            return (stored.get(key, ""), "")
        case _:
            return tuple(stored.get(part, "") for part in each.keys)


def _figures(each: AuditObject, snapshot: Snapshot, lang: str) -> tuple[str, ...]:
    key, period_key = each.keys
    obligation = next((one for one in snapshot.submissions.obligations if one.key == key), None)
    if obligation is None:
        return "", ""
    is_ad_hoc = obligation.is_ad_hoc
    period = parse_phone_period(period_key) if is_ad_hoc else parse_period(obligation, period_key)
    return obligation.name.get(lang), period_name(obligation, period, lang) if period else ""
