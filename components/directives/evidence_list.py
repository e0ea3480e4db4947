"""The files of an act, to be downloaded; who sent them, and when, stands with the act."""

from collections.abc import Sequence

import htpy as h

from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.directives.evidence import StoredEvidence


def evidence_list(files: Sequence[StoredEvidence], lang: str) -> h.Node:
    """Name, type and size of each; nothing where there are none."""
    if not files:
        return None
    return h.ul(".plain-list.evidence-list", aria_label=t("tasks.evidence", lang))[
        (
            h.li[
                h.a(".link", href=f"/files/evidence/{each.id}")[each.file.name],
                h.span(".quiet")[f" · {t(f'tasks.file_{each.file.file_type.value}', lang)} · {_size(each, lang)}"],
            ]
            for each in files
        )
    ]


def _size(stored: StoredEvidence, lang: str) -> str:
    size = stored.file.size_bytes
    unit, divisor = ("tasks.size_mb", 1_000_000) if size >= 1_000_000 else ("tasks.size_kb", 1_000)
    return t(unit, lang, n=format_number(size / divisor, 1))
