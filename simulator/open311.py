"""Open311 GeoReport v2 over the city's reports, and the JSON of the system that seven phường brought along."""

from typing import Any

from ioc.domain.base.times import parse_time
from simulator import reports
from simulator.city import SimulatedFeed
from simulator.payloads import Json, iso
from simulator.report_texts import SERVICES, description, progress_note
from simulator.reports import CitizenReport
from simulator.request import PathNotFoundError, SimulatedRequest


def answer(asked: SimulatedRequest) -> list[Json]:
    """The services, or the reports that were sent in between start_date and end_date. ValueError: no such times."""
    match asked.path.removeprefix("v2/"):
        case "services.json":
            return [
                {"service_code": code, "service_name": one.name, "group": one.group, "metadata": False,
                 "type": "realtime", "description": one.texts[0]}
                for code, one in SERVICES.items()
            ]  # fmt: skip
        case "requests.json":
            return [_request_record(one, asked.now, asked.shift) for one in _requested_reports(asked)]
    raise PathNotFoundError(asked.path)


def _requested_reports(asked: SimulatedRequest) -> list[CitizenReport]:
    start, end = (_time(asked.query[name]) if name in asked.query else None for name in ("start_date", "end_date"))
    until = asked.now if end is None else min(end, asked.now)
    return list(reports.reports_until(asked.seed, reports.CITY, until, start))


def _time(text: str) -> float:
    return parse_time(text).timestamp()


def _request_record(one: CitizenReport, t: float, shift: float) -> Json:
    service, word = SERVICES[one.service], one.status_at(t)
    told: Json = {
        "service_request_id": one.key,
        "status": word,
        "status_notes": progress_note(one.service, word, one.note_random),
        "service_code": one.service,
        "service_name": service.name,
        "agency_responsible": service.agency,
        "description": description(one.service, one.text_random),
        "address_id": one.unit,
        "requested_datetime": iso(one.sent_at + shift),
        "updated_datetime": iso(one.updated_at(t) + shift),
        "expected_datetime": iso(one.due_at + shift),
        "long": one.point[0],
        "lat": one.point[1],
    }
    if one.closed_at <= t:
        told["closed_datetime"] = iso(one.closed_at + shift)
    if one.note_random < 0.5:
        told["phone"] = f"0100 000 {int(one.note_random * 1800) + 100}"
    return told


def inherited_reports(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"phanAnh": [{"ma", "linhVuc", "tenLinhVuc", "trangThai", …}]}: what began within six weeks."""
    return {"phanAnh": [_record(one, now, shift) for one in reports.reports_until(seed, reports.OLD, now)]}


def _record(one: CitizenReport, t: float, shift: float) -> dict[str, Any]:
    return {
        "ma": one.key,
        "linhVuc": one.service,
        "tenLinhVuc": SERVICES[one.service].name,
        "trangThai": one.status_at(t),
        "ghiChu": progress_note(one.service, one.status_at(t), one.note_random),
        "maXa": one.unit,
        "kinhDo": one.point[0],
        "viDo": one.point[1],
        "ngayGui": iso(one.sent_at + shift),
        "capNhat": iso(one.updated_at(t) + shift),
        "hanXuLy": iso(one.due_at + shift),
        "ngayXong": iso(one.closed_at + shift) if one.closed_at <= t else None,
        "noiDung": description(one.service, one.text_random),
    }
