"""GET /xuat/<list>.<csv|xlsx>?<its page's parameters>: what a page lists, of a watching page at the moment `luc`."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from flask import Blueprint, Response, abort, request

from components.ui.export_table import ExportTable
from ioc.dash_kit.context import lang
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal
from ioc.domain.base.times import CITY_ZONE, parse_moment
from ioc.domain.snapshot import Snapshot
from ioc.web.errors.codes import ExportCode
from ioc.web.errors.request_error import RequestError
from ioc.web.exports.table_process import write_lines, write_table
from ioc.web.file_response import file_response
from ioc.web.live.page_registry import known_params
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import current_principal, require_still, requires
from ioc.web.middleware.get_only import get_only
from ioc.web.middleware.rate_limit import work_owner
from ioc.web.views.services import page_that_leads_on

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}  # fmt: skip
_TABLE_FORMATS = ("csv", "xlsx")


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is asked for. `params`: of the address, those that name the page's filters."""

    snapshot: Snapshot
    params: dict[str, str]
    principal: Principal
    lang: str


@dataclass(frozen=True, slots=True)
class ExportList:
    """A list that is exported. `page`: name of the page that shows it, whose parameters it takes; "" takes all.

    Without a page it has no past. `json_lines`: the same as JSON lines, where there are such.
    """

    name: str
    action: Action
    table: Callable[[ExportRequest], ExportTable]
    page: str = ""
    json_lines: Callable[[ExportRequest], Iterable[bytes]] | None = None


def blueprint(reads: ReadModel, lists: Iterable[ExportList]) -> Blueprint:
    """A route for each list, with the permission of its page."""
    exports = Blueprint("exports", __name__)
    for each in lists:
        view = requires(each.action)(get_only(_exporter(reads, each)))
        exports.add_url_rule(f"/xuat/{each.name}.<file_format>", each.name, view)
    return exports


def _exporter(reads: ReadModel, of_list: ExportList) -> Callable[[str], Response]:
    def export(file_format: str) -> Response:
        if leading_page := page_that_leads_on():
            return leading_page
        if file_format == "jsonl" and of_list.json_lines:
            name, at = of_list.name, None
            file = write_lines(of_list.json_lines(_request(reads, of_list)), work_owner(current_principal()))
        elif file_format in _TABLE_FORMATS:
            table = of_list.table(_request(reads, of_list))
            name, at = table.name, table.at
            file = write_table(table, file_format, work_owner(current_principal()))
        else:
            abort(404)
        with ExitStack() as stack:
            stack.enter_context(file)
            require_still(of_list.action)
            stack.pop_all()
        return _answer(file, file_format, name, at)

    return export


def _request(reads: ReadModel, of_list: ExportList) -> ExportRequest:
    moment, params = request.args.get("luc", ""), request.args.to_dict()
    if moment and not of_list.page:
        raise RequestError(ExportCode.NO_PAST)
    snapshot = _snapshot(reads, moment)
    if of_list.page:
        params = known_params(of_list.page, snapshot, params)
    return ExportRequest(snapshot, params, current_principal(), lang())


def _snapshot(reads: ReadModel, text: str) -> Snapshot:
    """What was known at the moment `text`. A file must not show the present where the moment is none: RequestError."""
    now = reads.snapshot()
    try:
        moment = parse_moment(text)
    except ValueError:
        raise RequestError(ExportCode.BAD_MOMENT) from None
    if moment is not None and moment > now.at:
        raise RequestError(ExportCode.FUTURE_MOMENT)
    return now if moment is None else reads.at(moment)


def _answer(file: BinaryIO, file_format: str, name: str, at: datetime | None) -> Response:
    stamp = f"-{at.astimezone(CITY_ZONE):%Y%m%d-%H%M%S}" if at else ""
    response = file_response(file, MEDIA_TYPES[file_format])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}{stamp}.{file_format}"'
    response.headers["Cache-Control"] = "no-store"
    return response
