"""Duties to test with."""

from datetime import date, datetime, time
from typing import Any

from ioc.domain.base.localized_text import Text
from ioc.domain.base.times import CITY
from ioc.domain.ingest.source import Series
from ioc.domain.submissions.obligation import Cadence, Cell, Duty
from ioc.domain.submissions.submission import Act, Did


def cell(key: str, row: str = "", column: str = "Giá trị", **more: Any) -> Cell:
    """A figure from 0 to 1.000 hồ sơ."""
    told = {name: more.pop(name) for name in ("whole", "optional") if name in more}
    series = Series(key, Text(key), more.pop("unit", "hồ sơ"), more.pop("low", 0), more.pop("high", 1000), **more)
    return Cell(series, Text(row or key), Text(column), **told)


def duty(cadence: Cadence = Cadence.MONTHLY, **more: Any) -> Duty:
    """Owed by agency a since 2020, due on the fifth day at 17:00."""
    given: dict[str, Any] = {"since": date(2020, 1, 1), "cells": (cell("x"), cell("y")), "day": 5, "at": time(17)}
    given |= {"key": "d", "name": Text("Biểu"), "agency": "a", "cadence": cadence}
    return Duty(**(given | more))


def at(text: str) -> datetime:
    """A moment of the city: "2026-11-05 17:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def act(number: int, moment: str, did: Did = Did.SENT, **more: Any) -> Act:
    """On October 2026 of the duty."""
    given: dict[str, Any] = {"duty": "d", "period": "2026-10", "who": "an", "agency": "a"} | more
    return Act(number, did=did, at=at(moment), **given)
