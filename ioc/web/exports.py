"""GET /cham-so-lieu.csv: the overdue submissions as a CSV table."""

from flask import Blueprint, Response

from components.submissions.labels import agency_name, format_full_datetime, period_name
from components.submissions.workbook_files import CSV_TYPE, Table, as_csv
from components.ui.i18n import t
from ioc.domain.access.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import requires

_COLUMNS = ("agency", "obligation", "period", "due", "over", "reminders")


def blueprint(reads: ReadModel) -> Blueprint:
    """The route, for whoever may view."""
    exports = Blueprint("exports", __name__)

    @exports.get("/cham-so-lieu.csv")
    @requires(Action.VIEW)
    def overdue_csv() -> Response:
        snapshot = reads.snapshot()
        headers = {
            "Content-Disposition": f'attachment; filename="cham-so-lieu-{snapshot.at:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(as_csv(overdue_table(snapshot, "vi")), mimetype=CSV_TYPE, headers=headers)

    return exports


def overdue_table(snapshot: Snapshot, lang: str) -> Table:
    """A header, then one row for every overdue period of every reporting obligation; the delay in whole days."""
    periods = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    header: list[str | float | None] = [t(f"submissions.{column}", lang) for column in _COLUMNS]
    header += [t("common.simulated_short", lang)]
    return [
        header,
        *(
            [
                agency_name(snapshot, period.agency, lang),
                period.obligation.name.get(lang),
                period_name(period.obligation, period.period, lang),
                format_full_datetime(period.status.due),
                float((snapshot.at - period.status.due).days),
                float(len(period.reminders)),
                "x" if period.obligation.is_simulated else None,
            ]
            for period in periods
            if period.status.state is SubmissionState.OVERDUE
        ),
    ]
