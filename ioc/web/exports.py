"""/cham-so-lieu.csv: who has not sent its figures, as a table to take along."""

from flask import Blueprint, Response

from components.submissions.submission_words import agency_name, moment_of, period_name
from components.submissions.workbook_files import CSV, Table, as_csv
from components.ui.i18n import say
from ioc.auth.permissions import Action
from ioc.domain.snapshot import Snapshot
from ioc.domain.submissions.submission import Status, everything
from ioc.web.live.read_model import Reads
from ioc.web.middleware.authorization import names

_COLUMNS = ("agency", "duty", "period", "due", "over", "reminders")


def blueprint(reads: Reads) -> Blueprint:
    """The one address."""
    files = Blueprint("late_file", __name__)

    @files.get("/cham-so-lieu.csv")
    @names(Action.VIEW)
    def late() -> Response:
        snapshot = reads.snapshot()
        headers = {
            "Content-Disposition": f'attachment; filename="cham-so-lieu-{snapshot.at:%Y%m%d}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(as_csv(table(snapshot, "vi")), mimetype=CSV, headers=headers)

    return files


def table(snapshot: Snapshot, lang: str) -> Table:
    """A row for every period that is late; days overdue as a number."""
    every = everything(snapshot.handed, snapshot.register.agencies, snapshot.at)
    heads: list[str | float | None] = [say(f"handed.{one}", lang) for one in _COLUMNS]
    heads += [say("common.simulated_short", lang)]
    return [
        heads,
        *(
            [
                agency_name(snapshot, one.agency, lang),
                one.duty.name.said(lang),
                period_name(one.duty, one.period, lang),
                moment_of(one.standing.due),
                float((snapshot.at - one.standing.due).days),
                float(len(one.reminders)),
                "x" if one.duty.simulated else None,
            ]
            for one in every
            if one.standing.status is Status.LATE
        ),
    ]
