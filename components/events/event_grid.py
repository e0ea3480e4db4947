"""A page of the open events as rows of a grid, and the filters above it."""

from collections.abc import Iterator, Mapping, Sequence

import htpy as h

from components.events.descriptions import age_attributes, last_contact_line, state_class, unavailable_badge
from components.events.event_groups import (
    BY_PLACE,
    EVENT_COLUMNS,
    GROUPING,
    NO_PLACE,
    PLACE,
    EventGroup,
    event_groups,
    event_order,
)
from components.events.event_kinds import kind_names
from components.events.event_table import event_cells
from components.ui.i18n import t
from components.ui.live_table import SORT, LiveCell, LiveColumn, LiveRow, Paging, page_link, page_of
from components.ui.status_badges import severity_mark
from ioc.domain.snapshot import EventView, Snapshot

# Column -> kind, width, share of the rest, width of the screen from which it is shown.
_LOOKS = (
    ("wrapped", 200, 5, 0),
    ("", 120, 1, 1500),
    ("wrapped", 130, 2, 1300),
    ("wrapped", 140, 2, 700),
    ("wrapped", 120, 1, 1000),
    ("wrapped", 110, 1, 0),
    ("wrapped", 120, 1, 700),
    ("wrapped", 190, 3, 1100),
)


def event_columns(lang: str) -> list[LiveColumn]:
    """The columns of the grid; a phone shows event and start, with place, stage and source state below the title."""
    return [
        LiveColumn(key, t(f"events.{key}", lang), None, *look) for key, look in zip(EVENT_COLUMNS, _LOOKS, strict=True)
    ]


def event_page(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> tuple[list[LiveRow], Paging]:
    """The rows of the page that the parameters name, with the heads of their groups."""
    groups = event_groups(snapshot, params, lang)
    paging = page_of(sum(len(group.views) for group in groups), params)
    rows = [row for group in _on_page(groups, paging) for row in _group_rows(group, snapshot, lang)]
    return rows, paging


def _on_page(groups: Sequence[EventGroup], paging: Paging) -> Iterator[EventGroup]:
    """The groups with those of their events that are on the page. One without events is where its events would be."""
    start, end, is_last = max(0, paging.first - 1), paging.last, paging.page == paging.pages
    offset = 0
    for group in groups:
        views = group.views[max(0, start - offset) : max(0, end - offset)]
        if views:
            yield EventGroup(group.id, group.head, views, group.note, group.is_drill)
        elif not group.views and (start <= offset < end or (is_last and offset >= end)):
            yield group
        offset += len(group.views)


def _group_rows(group: EventGroup, snapshot: Snapshot, lang: str) -> Iterator[LiveRow]:
    if group.head is not None:
        note = not group.views and h.small[group.note]
        empty = (LiveCell(None),) * (len(EVENT_COLUMNS) - 1)
        yield LiveRow(group.id, "", (LiveCell(h.fragment[group.head, note]), *empty), is_group=True)
    for view in group.views:
        yield _row(view, snapshot, lang)


def _row(view: EventView, snapshot: Snapshot, lang: str) -> LiveRow:
    title, place, stage, started, due, source = event_cells(view, snapshot, lang)
    names, severity = kind_names(snapshot, lang), view.event.severity
    look, age = ["event-cell", f"event-{severity.value}", state_class(view)], age_attributes(view, snapshot)
    narrow = h.span(".only-narrow.quiet")[
        place, " · ", stage, last_contact_line(view, snapshot, lang), unavailable_badge(view, lang)
    ]
    contents: dict[str, h.Node] = {
        "title": h.span(class_=look, **age)[title, narrow],
        "severity": h.fragment[severity_mark(severity), " ", t(f"common.{severity.value}", lang)],
        "kind": names.get(view.event.kind, view.event.kind),
        "place": place, "stage": stage, "started": started, "due": due,
        "source": h.span(**age)[source],
    }  # fmt: skip
    cells = (
        LiveCell(contents[key], event_order(key, names, snapshot, lang)(view)) for key in EVENT_COLUMNS
    )  # fmt: skip
    return LiveRow(view.id or view.event.key, "", tuple(cells))


def event_filters(snapshot: Snapshot, params: Mapping[str, str], lang: str) -> h.Element:
    """Links to the events of one unit, and to groups by kind or place."""
    chosen, groups = params.get(PLACE, ""), params.get(GROUPING, "")
    codes = {code for view in snapshot.events for code in view.event.unit_codes}
    units = sorted((snapshot.units[code] for code in codes & snapshot.units.keys()), key=lambda unit: unit.name)
    places = {"": t("events.all", lang), NO_PLACE: t("events.place_unknown", lang)}
    places |= {unit.code: f"{unit.kind} {unit.name}" for unit in units}
    return h.nav(".filters", aria_label=t("directives.filters", lang))[
        h.details(".filter", id="events-place")[
            h.summary(class_=["chip", "filter-on" if chosen else None])[
                t("events.place", lang), ": ", h.b[places.get(chosen, chosen)]
            ],
            h.div(".filter-list")[
                (
                    h.a(
                        ".filter-item",
                        href=page_link(params, **{PLACE: key}),
                        aria_current="true" if key == chosen else None,
                    )[name]
                    for key, name in places.items()
                )
            ],
        ],
        (
            h.a(
                ".chip",
                href=page_link(params, **{GROUPING: value, SORT: ""}),
                aria_current="true" if value == groups and not params.get(SORT) else None,
            )[t(key, lang)]
            for value, key in (("", "events.by_kind"), (BY_PLACE, "events.by_place"))
        ),
    ]
