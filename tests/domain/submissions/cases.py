"""Duties to test with."""

from datetime import date, datetime, time
from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.ingest.source import Series
from ioc.domain.submissions.obligation import FormCell, Obligation, ReportingCadence
from ioc.domain.submissions.submission import SubmissionEvent, SubmissionEventType


def cell(key: str, row: str = "", column: str = "Giá trị", **more: Any) -> FormCell:
    """A figure from 0 to 1.000 hồ sơ."""
    told = {name: more.pop(name) for name in ("is_integer", "is_optional") if name in more}
    series = Series(
        key, LocalizedText(key), more.pop("unit", "hồ sơ"), more.pop("low", 0), more.pop("high", 1000), **more
    )
    return FormCell(series, LocalizedText(row or key), LocalizedText(column), **told)


def make_obligation(cadence: ReportingCadence = ReportingCadence.MONTHLY, **more: Any) -> Obligation:
    """Owed by agency a since 2020, due on the fifth day at 17:00."""
    given: dict[str, Any] = {
        "since": date(2020, 1, 1),
        "cells": (cell("x"), cell("y")),
        "due_day": 5,
        "due_time": time(17),
    }
    given |= {"key": "d", "name": LocalizedText("Biểu"), "agency": "a", "cadence": cadence}
    return Obligation(**(given | more))


def at(text: str) -> datetime:
    """A moment of the city: "2026-11-05 17:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


def act(
    number: int, moment: str, did: SubmissionEventType = SubmissionEventType.SUBMITTED, **more: Any
) -> SubmissionEvent:
    """On October 2026 of the obligation."""
    given: dict[str, Any] = {"obligation": "d", "period": "2026-10", "actor": "an", "agency": "a"} | more
    return SubmissionEvent(number, event_type=did, at=at(moment), **given)
