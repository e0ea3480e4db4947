"""What the API says of events: all that is shown, nothing that is personal."""

from dataclasses import replace

from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from ioc.web.api.openapi import document
from ioc.web.api.views import BASE
from tests.city import NOW, event_view, full_city
from tests.web.api.test_views import MadeUp, client_of


def answer(snapshot: Snapshot) -> list[dict[str, object]]:
    given = client_of(MadeUp(snapshot)).get(f"{BASE}/events")
    assert given.status_code == 200
    found = given.get_json()["events"]
    assert isinstance(found, list)
    return found


def test_an_event_is_told_with_its_sources_and_without_what_is_personal() -> None:
    view = event_view("r-1", sources=("a", "b"), disagreements=("due",))
    view = replace(view, event=replace(view.event, personal={"phone": "0912345678"}))
    (one,) = answer(replace(full_city(), events=(view,)))
    assert (one["key"], one["sources"], one["apart"], one["late"]) == ("r-1", ["a", "b"], ["due"], False)
    assert one["area"] == {"lon": 105.785, "lat": 10.032, "rings": [], "radius_km": 0}
    assert "0912345678" not in str(one)


def test_an_event_tells_how_its_source_is_and_which_telling_it_is() -> None:
    seen = replace(
        event_view("r-1"), source_state=SourceState.DOWN, state=FigureState.ERROR, last_heard=NOW, revision=3
    )
    several = replace(event_view("r-2"), event=replace(event_view("r-2").event, place="", places=("31135", "31207")))
    one, two = answer(replace(full_city(), events=(seen, several)))
    assert (one["health"], one["state"], one["revision"]) == ("down", "error", 3)
    assert one["heard"] == "2026-11-24T16:18:07+07:00" and one["places"] == ["31135"]
    assert (two["health"], two["revision"], two["place"], two["places"]) == ("live", 1, "", ["31135", "31207"])


def test_what_was_told_of_an_event_is_told_with_its_numbers() -> None:
    client = client_of(MadeUp(full_city()))
    given = client.get(f"{BASE}/events/revisions?source=sim-tide&key=r-1")
    assert given.status_code == 200
    assert [one["revision"] for one in given.get_json()["revisions"]] == [2, 1]
    for query, status in (("source=sim-tide&key=none", 404), ("source=gone&key=r-1", 404), ("key=r-1", 400)):
        assert client.get(f"{BASE}/events/revisions?{query}").status_code == status


def test_the_description_names_health_and_revision() -> None:
    shape = document(BASE)["components"]["schemas"]["Event"]
    assert {"health", "state", "heard", "revision", "places"} <= shape["properties"].keys()


def test_no_event_is_an_empty_list() -> None:
    assert answer(replace(full_city(), events=())) == []
