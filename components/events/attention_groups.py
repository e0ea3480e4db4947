"""The attention list in groups for the strip: one card for all that is alike in kind and place."""

from collections.abc import Sequence

import htpy as h

from components.events.descriptions import place_name
from components.events.event_kinds import kind_names
from components.ui.format import format_number
from components.ui.i18n import t
from components.ui.status_badges import source_status, source_status_label
from ioc.domain.snapshot import AttentionItem, AttentionKind, EventView, Snapshot, SourceView

Group = Sequence[AttentionItem]
# Kinds whose items are alike wherever they are: the city's sources and its register have no place.
_PLACELESS_KINDS = {AttentionKind.SOURCE: "/nguon", AttentionKind.TASK: "/chi-dao?trang-thai=qua-han"}
_NAMED = 3  # items of a group that are named


def attention_groups(snapshot: Snapshot, lang: str) -> list[Group]:
    """The items in groups by kind, place and exercise, in the order of the gravest of each group."""
    groups: dict[object, list[AttentionItem]] = {}
    for item in snapshot.attention:
        groups.setdefault(_key(item, snapshot, lang), []).append(item)
    return list(groups.values())


def _key(item: AttentionItem, snapshot: Snapshot, lang: str) -> object:
    if item.kind in _PLACELESS_KINDS:
        return item.kind, item.is_drill
    event = attention_event(item, snapshot)
    if event is None:
        return item.kind, item.key, item.is_drill
    return event.event.kind, place_name(event, snapshot, lang), item.is_drill


def attention_event(item: AttentionItem, snapshot: Snapshot) -> EventView | None:
    """The event of an item; None for one of another kind."""
    if item.kind is not AttentionKind.EVENT:
        return None
    return next((view for view in snapshot.events if view.id == item.key), None)


def attention_source(item: AttentionItem, snapshot: Snapshot) -> SourceView | None:
    """The source of an item about one; None for one of another kind."""
    if item.kind not in (AttentionKind.SOURCE, AttentionKind.SCHEMA_DRIFT):
        return None
    return snapshot.sources_by_key.get(item.key)


def group_title(group: Group, snapshot: Snapshot, lang: str) -> str:
    """ "10 nguồn mất kết nối", "Điểm ngập: 2 sự việc · phường Ninh Kiều"."""
    first, n = group[0], format_number(len(group))
    if event := attention_event(first, snapshot):
        kind = kind_names(snapshot, lang).get(event.event.kind, event.event.kind)
        return t("overview.group_events", lang, kind=kind, n=n, place=place_name(event, snapshot, lang))
    if first.kind is AttentionKind.TASK:
        return t("overview.group_tasks", lang, n=n)
    views = (attention_source(item, snapshot) for item in group)
    statuses = {source_status(view.health) for view in views if view}
    one = len(statuses) == 1
    status = source_status_label(statuses.pop(), lang) if one else t("common.failing", lang)
    return t("overview.group_sources", lang, n=n, status=status)


def group_detail(group: Group, lang: str) -> str:
    """The first names of a group, and how many more."""
    names = ", ".join(item.name.get(lang) for item in group[:_NAMED])
    rest = len(group) - _NAMED
    return t("overview.group_more", lang, names=names, n=format_number(rest)) if rest > 0 else names


def group_link(group: Group, snapshot: Snapshot) -> str:
    """The page that lists a group."""
    event = attention_event(group[0], snapshot)
    return f"/su-kien?loai={event.event.kind}" if event else _PLACELESS_KINDS[group[0].kind]


def remaining_kinds(groups: Sequence[Group], lang: str) -> h.Fragment:
    """How many items of each kind `groups` hold, the gravest kind first."""
    counts: dict[AttentionKind, int] = {}
    for item in (item for group in groups for item in group):
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return h.fragment[
        (h.span(".more-kind")[t(f"overview.of_kind_{kind.value}", lang, n=format_number(n))]
         for kind, n in counts.items())
    ]  # fmt: skip
