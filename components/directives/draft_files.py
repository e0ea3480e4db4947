"""The files of a draft in the form of its act: which of them go along, and where each is read first."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dash import Output, State, html
from dash.development.base_component import Component

from components.ui.format import format_number
from components.ui.forms import check_field
from components.ui.i18n import t
from ioc.domain.directives.evidence import EvidenceFile


class DraftFileView(Protocol):
    """A file of a draft."""

    @property
    def id(self) -> int: ...
    @property
    def file(self) -> EvidenceFile: ...


def draft_files(page: str, lang: str) -> Component:
    """The field, hidden until a draft has files."""
    return html.Div(check_field(f"{page}-kept", t("tasks.kept_files", lang), []), id=f"{page}-kept-box", hidden=True)


def draft_file_outputs(page: str) -> dict[str, Output]:
    """What a callback sets that shows the files of another draft; `shown_draft_files` fills it."""
    return {
        "kept": Output(f"{page}-kept", "value", allow_duplicate=True),
        "kept_options": Output(f"{page}-kept", "options", allow_duplicate=True),
        "no_kept": Output(f"{page}-kept-box", "hidden", allow_duplicate=True),
    }


def draft_file_state(page: str) -> State:
    """The SHA-256 of the files that go along."""
    return State(f"{page}-kept", "value")


def shown_draft_files(files: Sequence[DraftFileView], lang: str) -> dict[str, Any]:
    """The files of a draft, all of them chosen."""
    options: list[Mapping[str, Any]] = [
        {"value": each.file.sha256, "label": html.Span([_link(each), _facts(each.file, lang)])} for each in files
    ]
    return {"kept": [each.file.sha256 for each in files], "kept_options": options, "no_kept": not files}


def _link(each: DraftFileView) -> Component:
    return html.A(each.file.name, href=f"/files/draft-evidence/{each.id}", className="link")


def _facts(file: EvidenceFile, lang: str) -> Component:
    kind = t(f"tasks.file_{file.file_type.value}", lang)
    return html.Span(f" · {kind} · {file_size(file, lang)}", className="quiet")


def file_size(file: EvidenceFile, lang: str) -> str:
    """The size of a file in words."""
    size = file.size_bytes
    if size < 1_000:
        return t("tasks.size_bytes", lang, n=size)
    unit, divisor = ("tasks.size_mb", 1_000_000) if size >= 1_000_000 else ("tasks.size_kb", 1_000)
    return t(unit, lang, n=format_number(size / divisor, 1))
