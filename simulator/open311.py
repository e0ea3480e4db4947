"""Open311 GeoReport v2 over the city's reports, and the JSON of the older system of seven phường."""

from typing import Any

from ioc.domain.base.times import parse_time
from simulator import reports
from simulator.city import SimulatedFeed
from simulator.payloads import Json, iso
from simulator.report_texts import SERVICES, description, progress_note
from simulator.reports import CitizenReport
from simulator.request import PathNotFoundError, SimulatedRequest


def answer(request: SimulatedRequest) -> list[Json]:
    """The services, or the reports sent between start_date and end_date. ValueError for wrong times."""
    match request.path.removeprefix("v2/"):
        case "services.json":
            return [
                {"service_code": code, "service_name": service.name, "group": service.group, "metadata": False,
                 "type": "realtime", "description": service.texts[0]}
                for code, service in SERVICES.items()
            ]  # fmt: skip
        case "requests.json":
            return [_request_record(report, request.now, request.shift) for report in _requested_reports(request)]
    raise PathNotFoundError(request.path)


def _requested_reports(request: SimulatedRequest) -> list[CitizenReport]:
    start, end = (_time(request.query[name]) if name in request.query else None for name in ("start_date", "end_date"))
    until = request.now if end is None else min(end, request.now)
    return list(reports.reports_until(request.seed, reports.CITY, until, start))


def _time(text: str) -> float:
    return parse_time(text).timestamp()


def _request_record(report: CitizenReport, t: float, shift: float) -> Json:
    service, status = SERVICES[report.service], report.status_at(t)
    record: Json = {
        "service_request_id": report.key,
        "status": status,
        "status_notes": progress_note(report.service, status, report.note_random),
        "service_code": report.service,
        "service_name": service.name,
        "agency_responsible": service.agency,
        "description": description(report.service, report.text_random),
        "address_id": report.unit,
        "requested_datetime": iso(report.sent_at + shift),
        "updated_datetime": iso(report.updated_at(t) + shift),
        "expected_datetime": iso(report.due_at + shift),
        "long": report.point[0],
        "lat": report.point[1],
    }
    if report.closed_at <= t:
        record["closed_datetime"] = iso(report.closed_at + shift)
    if report.note_random < 0.5:
        record["phone"] = f"0100 000 {int(report.note_random * 1800) + 100}"
    return record


def inherited_reports(feed: SimulatedFeed, seed: int, now: float, shift: float) -> Json:
    """{"phanAnh": [{"ma", "linhVuc", "tenLinhVuc", "trangThai", …}]}: reports sent within six weeks."""
    return {"phanAnh": [_record(report, now, shift) for report in reports.reports_until(seed, reports.OLD, now)]}


def _record(report: CitizenReport, t: float, shift: float) -> dict[str, Any]:
    return {
        "ma": report.key,
        "linhVuc": report.service,
        "tenLinhVuc": SERVICES[report.service].name,
        "trangThai": report.status_at(t),
        "ghiChu": progress_note(report.service, report.status_at(t), report.note_random),
        "maXa": report.unit,
        "kinhDo": report.point[0],
        "viDo": report.point[1],
        "ngayGui": iso(report.sent_at + shift),
        "capNhat": iso(report.updated_at(t) + shift),
        "hanXuLy": iso(report.due_at + shift),
        "ngayXong": iso(report.closed_at + shift) if report.closed_at <= t else None,
        "noiDung": description(report.service, report.text_random),
    }
