"""Agencies in documents from a named system: which simulated ones mark a document, and how leads are named."""

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ioc.domain.base.localized_text import LocalizedText
from ioc.storage.directives import documents
from tests.conftest import empty_store
from tests.domain.directives.act_cases import AGENCIES
from tests.web.api.test_directive_api import DOCUMENT, Site


@pytest.mark.parametrize(("simulated", "is_marked"), [("a", True), ("b", True), ("c", False)])
def test_issuer_and_leads_mark_a_document(tmp_path: Path, simulated: str, is_marked: bool) -> None:
    agencies = AGENCIES | {simulated: replace(AGENCIES[simulated], is_simulated=True)}
    with closing(empty_store(tmp_path)) as store:
        site = Site(store, agencies)
        for body in (DOCUMENT, DOCUMENT | {"title": "Đã sửa"}):
            key = site.post("documents", body)[1]["key"]
            with store.read() as conn:
                stored = documents.find_document(conn, key)
            assert stored is not None and stored.is_simulated is is_marked


@pytest.mark.parametrize("text", ["a", "Cơ quan A", "co quan a", "Cơ quan A mô phỏng"])
def test_lead_is_named_as_in_sheets(tmp_path: Path, text: str) -> None:
    named = replace(AGENCIES["a"], name=LocalizedText("Cơ quan A mô phỏng"), short_name=LocalizedText("Cơ quan A"))
    with closing(empty_store(tmp_path)) as store:
        site = Site(store, AGENCIES | {"a": named})
        key = site.post("documents", DOCUMENT | {"tasks": [DOCUMENT["tasks"][0] | {"lead": text}]})[1]["key"]
        with store.read() as conn:
            stored = documents.find_document(conn, key)
    assert stored is not None and stored.tasks[0].lead == "a"


@pytest.mark.parametrize("days", [0, -1])
def test_agency_is_named_as_on_the_day_of_the_document(tmp_path: Path, days: int) -> None:
    issued = date.fromisoformat(DOCUMENT["issued_on"]) - timedelta(10)
    name = LocalizedText("Cơ quan C")
    named = replace(AGENCIES["c"], name=name, short_name=name, until=issued + timedelta(days))
    with closing(empty_store(tmp_path)) as store:
        site = Site(store, AGENCIES | {"c": named})
        task = DOCUMENT["tasks"][0] | {"lead": name.vi, "assigned_on": issued.isoformat()}
        answer = site.post("documents", DOCUMENT | {"issued_on": issued.isoformat(), "tasks": [task]})[1]
        assert answer.get("code") == (None if days == 0 else "directives.agency_not_named"), answer
