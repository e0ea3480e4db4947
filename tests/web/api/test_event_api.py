"""Events in the API: everything that is shown, nothing that is personal."""

import json
from dataclasses import replace
from typing import Any

import pytest

from ioc.domain.ingest.health import SourceState
from ioc.domain.kpis.kpi import FigureState
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas.events import Events
from ioc.web.api.serializers import sources
from ioc.web.api.views import BASE
from tests.city import NOW, event_view, full_city
from tests.web.api.test_views import FakeApiReads, client_of


def events_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    answer = client_of(FakeApiReads(snapshot)).get(f"{BASE}/events")
    assert answer.status_code == 200
    rows = answer.get_json()["events"]
    assert isinstance(rows, list)
    return rows


def test_an_event_has_its_sources_and_nothing_personal() -> None:
    view = event_view("r-1", sources=("a", "b"), disagreements=("due",))
    view = replace(view, event=replace(view.event, personal={"phone": "0912345678"}))
    (row,) = events_of(replace(full_city(), events=(view,)))
    assert (row["key"], row["sources"], row["disagreeing_fields"]) == ("r-1", ["a", "b"], ["due"])
    assert row["is_late"] is False
    assert row["area"] == {"lon": 105.785, "lat": 10.032, "rings": [], "radius_km": 0}
    assert "0912345678" not in str(row)


def test_an_event_has_the_state_of_its_source_its_revision_and_its_units() -> None:
    lost = replace(
        event_view("r-1"), source_state=SourceState.DOWN, state=FigureState.ERROR, last_heard=NOW, revision=3
    )
    several = replace(event_view("r-2"), event=replace(event_view("r-2").event, place="", places=("31135", "31207")))
    first, second = events_of(replace(full_city(), events=(lost, several)))
    assert (first["source_state"], first["state"], first["revision"]) == ("down", "error", 3)
    assert first["last_heard"] == "2026-11-24T16:18:07+07:00" and first["unit_codes"] == ["31135"]
    assert (second["source_state"], second["revision"]) == ("live", 1)
    assert (second["unit_code"], second["unit_codes"]) == ("", ["31135", "31207"])


def test_the_revisions_of_an_event_are_listed_newest_first() -> None:
    client = client_of(FakeApiReads(full_city()))
    answer = client.get(f"{BASE}/events/revisions?source=sim-tide&key=r-1")
    assert answer.status_code == 200
    assert [row["revision"] for row in answer.get_json()["revisions"]] == [2, 1]
    for query, status in (("source=sim-tide&key=none", 404), ("source=gone&key=r-1", 404), ("key=r-1", 400)):
        assert client.get(f"{BASE}/events/revisions?{query}").status_code == status


def test_no_event_is_an_empty_list() -> None:
    assert events_of(replace(full_city(), events=())) == []


def test_an_answer_says_whether_it_has_all_events() -> None:
    for snapshot in (full_city(), replace(full_city(), has_all_events=False)):
        answer = client_of(FakeApiReads(snapshot)).get(f"{BASE}/events").get_json()
        assert answer["has_all_events"] is snapshot.has_all_events


def test_past_moment_has_no_time_of_the_last_report_which_is_not_logged() -> None:
    client = client_of(FakeApiReads(full_city()))
    live, past = (client.get(f"{BASE}/events{query}").get_json()["events"] for query in ("", "?luc=2026-11-24T16:00"))
    assert live and past and all(row["observed_at"] for row in live)
    assert {row["observed_at"] for row in past} == {None} and all(row["known_since"] for row in past)


def test_long_list_is_encoded_item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call for an answer of megabytes keeps the frames of the wall waiting."""
    snapshot = replace(full_city(), events=tuple(event_view(f"r-{number}") for number in range(60)))
    whole, excluded, dump = sources.events(snapshot), list[object](), Events.model_dump_json

    def noted(model: Events, **options: Any) -> str:
        excluded.append(options.get("exclude"))
        return dump(model, **options)

    monkeypatch.setattr(Events, "model_dump_json", noted)
    answer = client_of(FakeApiReads(snapshot)).get(f"{BASE}/events")
    assert excluded == [{"events"}] and answer.get_json() == json.loads(dump(whole, by_alias=True))
