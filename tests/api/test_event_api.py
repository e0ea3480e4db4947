"""What the API says of events: all that is shown, nothing that is personal."""

from dataclasses import replace

from domain.snapshot import Snapshot
from tests.api.test_api import MadeUp, client_of
from tests.city import full_city, told
from web.api import BASE


def answer(snapshot: Snapshot) -> list[dict[str, object]]:
    given = client_of(MadeUp(snapshot)).get(f"{BASE}/events")
    assert given.status_code == 200
    found = given.get_json()["events"]
    assert isinstance(found, list)
    return found


def test_an_event_is_told_with_its_sources_and_without_what_is_personal() -> None:
    view = told("r-1", sources=("a", "b"), apart=("due",))
    view = replace(view, event=replace(view.event, personal={"phone": "0912345678"}))
    (one,) = answer(replace(full_city(), events=(view,)))
    assert (one["key"], one["sources"], one["apart"], one["late"]) == ("r-1", ["a", "b"], ["due"], False)
    assert one["area"] == {"lon": 105.785, "lat": 10.032, "rings": [], "radius_km": 0}
    assert "0912345678" not in str(one)


def test_no_event_is_an_empty_list() -> None:
    assert answer(replace(full_city(), events=())) == []
