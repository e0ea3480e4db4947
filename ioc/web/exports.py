"""/cham-so-lieu.csv: who has not sent its figures, as a table to take along."""

from flask import Blueprint, Response

from components.submissions.labels import agency_name, format_full_datetime, period_name
from components.submissions.workbook_files import CSV_TYPE, Table, as_csv
from components.ui.i18n import t
from ioc.auth.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.submission import SubmissionState, obligation_periods
from ioc.web.live.read_model import ReadModel
from ioc.web.middleware.authorization import requires

_COLUMNS = ("agency", "duty", "period", "due", "over", "reminders")


def blueprint(reads: ReadModel) -> Blueprint:
    """The one address."""
    files = Blueprint("late_file", __name__)

    @files.get("/cham-so-lieu.csv")
    @requires(Action.VIEW)
    def late() -> Response:
        snapshot = reads.snapshot()
        headers = {
            "Content-Disposition": f'attachment; filename="cham-so-lieu-{snapshot.at:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(as_csv(overdue_table(snapshot, "vi")), mimetype=CSV_TYPE, headers=headers)

    return files


def overdue_table(snapshot: Snapshot, lang: str) -> Table:
    """A row for every period that is late; days overdue as a number."""
    every = obligation_periods(snapshot.submissions, snapshot.register.agencies, snapshot.at)
    heads: list[str | float | None] = [t(f"submissions.{one}", lang) for one in _COLUMNS]
    heads += [t("common.simulated_short", lang)]
    return [
        heads,
        *(
            [
                agency_name(snapshot, one.agency, lang),
                one.obligation.name.get(lang),
                period_name(one.obligation, one.period, lang),
                format_full_datetime(one.status.due),
                float((snapshot.at - one.status.due).days),
                float(len(one.reminders)),
                "x" if one.obligation.is_simulated else None,
            ]
            for one in every
            if one.status.state is SubmissionState.OVERDUE
        ),
    ]
