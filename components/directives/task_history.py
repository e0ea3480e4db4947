"""All that happened to a task: its acts, and the corrections of its facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter

import htpy as h

from components.directives.act_form import act_label
from components.directives.correction_log import correction_item, task_corrections
from components.directives.draft_files import DraftFileView, file_size
from components.directives.task_view import AgencyDraftView, TaskDetailView, addressee, agency_name
from components.directives.task_widgets import fallen_mark
from components.ui.format import NO_VALUE, format_date, format_moment, format_number
from components.ui.i18n import t
from ioc.domain.directives.acts import Act, ActFields, TaskEvent
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.decisions import decided_fields
from ioc.domain.directives.task_fold import fallen_from
from ioc.domain.geo.place import AdminUnit

_SIMPLE = (Act.ASSIGN, Act.RECEIVE)  # acts that state nothing worth a line


def task_timeline(detail: TaskDetailView, agencies: Agencies, units: Mapping[str, AdminUnit], lang: str) -> str:
    """The markup of all acts, and of the corrections of what was typed wrongly, the newest first."""
    entries = [(event.at, _event(event, detail, agencies, lang)) for event in detail.history]
    entries += (
        (each.at, correction_item(each, detail.titles, units, agencies, lang))
        for each in task_corrections(detail.document, detail.task.key)
    )
    entries.reverse()
    entries.sort(key=itemgetter(0), reverse=True)
    return str(
        h.section(".box.task-history")[
            _open_drafts(detail, agencies, lang),
            _ended_drafts(detail, agencies, lang),
            h.h2(".box-title")[t("tasks.timeline", lang)],
            h.ol(".timeline")[(entry for _, entry in entries)],
        ]
    )


def draft_origin(draft: AgencyDraftView, titles: Mapping[str, str], lang: str) -> str:
    """Who wrote a draft and when; of one that was returned, by whom, when and with which remark."""
    who, at, returned = titles.get(draft.position, draft.position), format_moment(draft.at), draft.returned
    if returned is None:
        return t("tasks.from_draft", lang, who=who, at=at)
    leader = titles.get(returned.position, returned.position)
    return t("tasks.from_returned", lang, who=who, leader=leader, at=at, text=returned.text)


def _open_drafts(detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Node:
    """What waits for the leader of the agency, or for its writer again, whole; for people of the agency alone."""
    if not detail.drafts:
        return None

    def line(draft: AgencyDraftView) -> str:
        waits = [] if draft.returned else [t("tasks.waits_for_leader", lang)]
        return " ".join([draft_origin(draft, detail.titles, lang), *waits])

    return h.fragment[
        h.h2(".box-title")[t("tasks.open_drafts", lang)],
        h.ul(".plain-list")[
            (
                h.li[
                    h.b[act_label(each.act, lang)],
                    f": {line(each)}",
                    _stated(each, detail, agencies, lang),
                    _evidence("draft-evidence", each.files, lang),
                ]
                for each in detail.drafts
            )
        ],
    ]


def _stated(draft: AgencyDraftView, detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Fragment:
    texts = stated_lines(draft.act, draft.stated, detail.titles, agencies, lang)
    return h.fragment[(h.p(".timeline-text")[line] for line in texts)]


def _ended_drafts(detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Node:
    """What was handed over and was not sent in time: its words are not lost."""
    if not detail.ended_drafts:
        return None

    return h.details[
        h.summary[t("tasks.ended_drafts", lang, n=len(detail.ended_drafts))],
        h.p(".quiet")[t("tasks.ended_drafts_hint", lang)],
        h.ul(".plain-list")[
            (
                h.li[
                    h.b[act_label(draft.act, lang)],
                    f" · {detail.titles.get(draft.position, draft.position)}, {format_moment(draft.at)}",
                    _stated(draft, detail, agencies, lang),
                ]
                for draft in detail.ended_drafts
            )
        ],
    ]


def _event(event: TaskEvent, detail: TaskDetailView, agencies: Agencies, lang: str) -> h.Element:
    titles = detail.titles
    position = titles.get(event.position, event.position) or t("reminders.by_program", lang)
    behalf = event.on_behalf_of and t("tasks.for_whom", lang, who=titles.get(event.on_behalf_of, event.on_behalf_of))
    lines = list(_texts(event.act, event.stated, titles, agencies, lang))
    facts = _short_facts(decided_fields(event, detail.history), agencies, lang)
    fallen = fallen_mark(fallen_from(event, detail.history), lang)
    return h.li[
        h.time(".quiet", datetime=event.at.isoformat())[format_moment(event.at)],
        h.p(".timeline-act")[h.b[act_label(event.act, lang)], facts and f": {facts}", fallen],
        h.p(".quiet")[" · ".join(filter(None, (position, behalf)))],
        (h.p(".timeline-text")[line] for line in lines),
        _evidence("evidence", detail.evidence.get(event.id, ()), lang),
    ]


def stated_lines(act: Act, stated: ActFields, titles: Mapping[str, str], agencies: Agencies, lang: str) -> list[str]:
    """All that an act states: the facts in one line, then each of its texts. `titles`: of positions, by key."""
    facts = _short_facts(stated, agencies, lang)
    return [*([facts] if facts else []), *_texts(act, stated, titles, agencies, lang)]


def _short_facts(stated: ActFields, agencies: Agencies, lang: str) -> str:
    """What an act states besides texts, in one line."""
    day = stated.due or stated.until
    shown = (
        stated.is_granted is not None and t("tasks.granted" if stated.is_granted else "tasks.refused", lang),
        stated.agency and agency_name(agencies, stated.agency, lang),
        stated.unit,
        day and t("tasks.stated_due", lang, day=format_date(day)),
        stated.percent is not None and t("tasks.stated_percent", lang, n=format_number(stated.percent)),
        stated.stage and t(f"tasks.stage_{stated.stage}", lang),
        stated.cause and t(f"tasks.cause_{stated.cause.value}", lang),
        stated.return_kind and t(f"tasks.return_kind_{stated.return_kind.value}", lang),
        stated.result and t(f"tasks.result_{stated.result.value}", lang),
        stated.channel and t(f"tasks.channel_{stated.channel.value}", lang),
        stated.proposed and act_label(stated.proposed, lang),
        stated.completed_on and t("tasks.stated_completed", lang, day=format_date(stated.completed_on)),
        stated.effect_on and t("tasks.stated_effect", lang, day=format_date(stated.effect_on)),
        _documents(stated, lang),
    )
    return " · ".join(str(word) for word in shown if word)


def _documents(stated: ActFields, lang: str) -> str:
    days = ((stated.basis, None), (stated.document_number, stated.document_date))
    return ", ".join(_document(number, day, lang) for number, day in days if number)


def _document(number: str, day: date | None, lang: str) -> str:
    if day is None:
        return t("tasks.stated_document", lang, number=number)
    return t("tasks.stated_document_of", lang, number=number, day=format_date(day))


def _texts(act: Act, stated: ActFields, titles: Mapping[str, str], agencies: Agencies, lang: str) -> Iterator[str]:
    if stated.text and act not in _SIMPLE:
        yield f"“{stated.text}”"
    if stated.difficulties:
        yield t("tasks.stated_difficulties", lang, text=stated.difficulties)
    if stated.petition:
        to = addressee(stated.petition_to, agencies, titles, lang) or NO_VALUE
        yield t("tasks.stated_petition", lang, who=to, text=stated.petition)
    if stated.next_steps:
        yield t("tasks.stated_next", lang, text=stated.next_steps)


def _evidence(folder: str, files: Sequence[DraftFileView], lang: str) -> h.Node:
    """Name, type and size of each, which is read at /files/<folder>/; nothing where there are none."""
    if not files:
        return None
    return h.ul(".plain-list.evidence-list", aria_label=t("tasks.evidence", lang))[
        (
            h.li[
                h.a(".link", href=f"/files/{folder}/{each.id}")[each.file.name],
                h.span(".quiet")[
                    f" · {t(f'tasks.file_{each.file.file_type.value}', lang)} · {file_size(each.file, lang)}"
                ],
            ]
            for each in files
        )
    ]
