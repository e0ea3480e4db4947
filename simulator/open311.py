"""Open311 GeoReport v2 over the city's reports, and the JSON of the system that seven phường brought along."""

from typing import Any

from ioc.domain.base.times import parse_time
from simulator import reports
from simulator.city import Feed
from simulator.payloads import Json, iso
from simulator.report_words import SERVICES, description, note
from simulator.reports import Report
from simulator.speech import Asked, NotHere


def answer(asked: Asked) -> list[Json]:
    """The services, or the reports that were sent in between start_date and end_date. ValueError: no such times."""
    match asked.path.removeprefix("v2/"):
        case "services.json":
            return [
                {"service_code": code, "service_name": one.name, "group": one.group, "metadata": False,
                 "type": "realtime", "description": one.texts[0]}
                for code, one in SERVICES.items()
            ]  # fmt: skip
        case "requests.json":
            return [_told(one, asked.now, asked.shift) for one in _between(asked)]
    raise NotHere(asked.path)


def _between(asked: Asked) -> list[Report]:
    start, end = (_time(asked.query[name]) if name in asked.query else None for name in ("start_date", "end_date"))
    until = asked.now if end is None else min(end, asked.now)
    return list(reports.known(asked.seed, reports.CITY, until, start))


def _time(text: str) -> float:
    return parse_time(text).timestamp()


def _told(one: Report, t: float, shift: float) -> Json:
    service, word = SERVICES[one.service], one.word(t)
    told: Json = {
        "service_request_id": one.key, "status": word, "status_notes": note(one.service, word, one.trace),
        "service_code": one.service, "service_name": service.name, "agency_responsible": service.agency,
        "description": description(one.service, one.wording), "address_id": one.unit,
        "requested_datetime": iso(one.sent + shift), "updated_datetime": iso(one.updated(t) + shift),
        "expected_datetime": iso(one.due + shift), "long": one.point[0], "lat": one.point[1],
    }  # fmt: skip
    if one.done <= t:
        told["closed_datetime"] = iso(one.done + shift)
    if one.trace < 0.5:
        told["phone"] = f"0100 000 {int(one.trace * 1800) + 100}"
    return told


def inherited(feed: Feed, seed: int, now: float, shift: float) -> Json:
    """{"phanAnh": [{"ma", "linhVuc", "tenLinhVuc", "trangThai", …}]}: what began within six weeks."""
    return {"phanAnh": [_record(one, now, shift) for one in reports.known(seed, reports.OLD, now)]}


def _record(one: Report, t: float, shift: float) -> dict[str, Any]:
    return {
        "ma": one.key, "linhVuc": one.service, "tenLinhVuc": SERVICES[one.service].name, "trangThai": one.word(t),
        "ghiChu": note(one.service, one.word(t), one.trace), "maXa": one.unit, "kinhDo": one.point[0],
        "viDo": one.point[1], "ngayGui": iso(one.sent + shift), "capNhat": iso(one.updated(t) + shift),
        "hanXuLy": iso(one.due + shift), "ngayXong": iso(one.done + shift) if one.done <= t else None,
        "noiDung": description(one.service, one.wording),
    }  # fmt: skip
