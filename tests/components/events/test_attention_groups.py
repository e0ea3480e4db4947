"""The strip groups what is alike, says the gravest first, and tells equal titles apart."""

from dataclasses import replace
from html import unescape

from components.events.attention_list import attention_list, attention_strip
from components.screens.shell import header_frame
from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import Severity
from ioc.domain.snapshot import EventView, Snapshot, SourceView
from ioc.snapshot.attention import attention_items
from ioc.snapshot.view import View
from tests.city import HOUR, NOW, event_view, full_city

CITY = full_city()


def lost_sources(count: int) -> tuple[SourceView, ...]:
    lost = next(view for view in CITY.sources if view.health.state is SourceState.DOWN)
    return tuple(replace(lost, source=replace(lost.source, key=f"lost-{n}")) for n in range(count))


def severe(key: str, place: str, title: str = "Ngập", kind: str = "flood") -> EventView:
    view = event_view(key)
    event = replace(
        view.event, kind=kind, title=title, severity=Severity.CRITICAL, due=None, place="", places=(place,),
        started=NOW - HOUR,
    )  # fmt: skip
    return replace(view, event=event)


def listed(city: Snapshot) -> Snapshot:
    return replace(city, attention=attention_items(city))


def test_lost_sources_are_one_card_that_links_to_the_sources() -> None:
    city = listed(replace(CITY, figures={}, events=(), sources=lost_sources(10)))
    cards = str(attention_strip(city, "vi")).split('class="notice ')[1:]
    assert "10 nguồn mất kết nối" in cards[0] and 'href="/nguon"' in cards[0] and "và 7 mục khác" in cards[0]
    assert not any("nguồn mất kết nối" in card for card in cards[1:])


def test_events_are_grouped_by_kind_and_place_and_the_gravest_comes_first() -> None:
    views = (severe("a", "31135"), severe("b", "31135"), severe("c", "31207"))
    city = listed(replace(CITY, events=views, sources=(*CITY.sources, *lost_sources(9))))
    cards = unescape(str(attention_strip(city, "vi"))).split('class="notice ')[1:]
    assert all(card.startswith("sev-critical") for card in cards[:2])
    assert sum("2 sự việc · phường Ninh Kiều" in card for card in cards) == 1
    assert sum("10 nguồn" in card for card in cards) == 1


def test_last_card_counts_the_remaining_items_by_kind() -> None:
    views = tuple(severe(str(n), code, kind=f"k{n}") for n, code in enumerate(["31135", "31207", "31135"]))
    city = listed(replace(CITY, events=views, sources=lost_sources(10)))
    rest = str(attention_strip(city, "vi")).split("notice-more")[1]
    assert f"và {len(city.attention) - 3} mục khác" in rest and "10 nguồn gián đoạn" in rest


def test_equal_titles_are_told_apart_by_what_differs() -> None:
    same_place = (severe("a", "31135", kind="k1"), severe("b", "31207", kind="k2"))
    titles = [
        card.split("</span>")[0]
        for card in unescape(str(attention_list(listed(replace(CITY, events=same_place)), "vi"))).split("Ngập")[1:]
    ]
    assert sorted(titles) == [" (phường Ninh Kiều)", " (phường Thốt Nốt)"]
    one = unescape(str(attention_list(listed(replace(CITY, events=same_place[:1])), "vi")))
    assert "Ngập</span>" in one


def status_markup(city: Snapshot) -> str:
    return str(header_frame(View(city, {}, "vi", lambda *_: ()))["shell-status"]["markup"])


def test_header_has_the_mark_of_the_gravest_lost_source() -> None:
    assert 'class="head-sources is-attention"' in status_markup(listed(CITY))
    healthy = tuple(view for view in CITY.sources if view.health.state is SourceState.LIVE)
    assert 'class="head-sources"' in status_markup(listed(replace(CITY, sources=healthy)))
