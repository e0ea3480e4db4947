"""The page of a document that is followed in the program: its facts, its place in the tree, its tasks as a tree."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

import htpy as h

from components.directives.directive_card import rollup_bar, task_due, task_progress
from components.directives.task_view import document_path, task_path
from components.directives.task_widgets import task_state
from components.ui.format import format_date
from components.ui.i18n import catalogue, t
from components.ui.live_table import Paging, page_links
from components.ui.status_badges import simulated_badge
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import slugify
from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.directive import Document, Task
from ioc.domain.directives.progress import DocumentView, MultiAgencyOrder
from ioc.domain.directives.rollup import TaskView

_REGISTER = "/so-van-ban"
MAX_TASKS = 200  # on a page of the tree: it is drawn again for each viewer at each act
_Row = tuple[Task, int, Callable[[Agencies, str], h.Element]]  # size: the task, or the parts of an order


class NamedDocumentView(Protocol):
    """What names a document and leads to its page."""

    @property
    def key(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def title(self) -> LocalizedText: ...


class LinkView(NamedDocumentView, Protocol):
    """A document beside another one in the tree."""

    @property
    def is_stored(self) -> bool: ...


def document_about(document: Document, systems: Mapping[str, str], agencies: Agencies, lang: str) -> str:
    """The markup of what is known of the document. `systems`: titles of those that keep documents, by `master`."""
    system = systems.get(document.master, document.master)
    kind = f"directives.kind_{slugify(document.kind)}"
    rows: Mapping[str, str] = {
        "kind": t(kind, lang) if kind in catalogue() else document.kind,
        "issuer": _agency(document.issuer, agencies, lang),
        "source": _word("documents.source_", document.source, lang),
        "issued": format_date(document.issued_on) if document.issued_on else t("directives.unknown", lang),
        "sphere": document.sphere,
        "visibility": _word("documents.visibility_", document.visibility, lang),
        "master": system and t("documents.master_line", lang, system=system),
    }
    box = h.div[
        h.h2(".box-title")[
            document.number or t(f"instruction.{'withdrawn' if document.is_withdrawn else 'draft'}", lang),
            document.is_simulated and simulated_badge(lang),
        ],
        h.p[document.title.get(lang)],
        h.dl(".about-list")[
            (h.fragment[h.dt[t(f"documents.{name}", lang)], h.dd[value]] for name, value in rows.items() if value)
        ],
    ]
    return str(box)


def _word(prefix: str, value: str, lang: str) -> str:
    return t(f"{prefix}{value}", lang) if f"{prefix}{value}" in catalogue() else value


def _agency(key: str | None, agencies: Agencies, lang: str) -> str:
    if key is None:
        return t("directives.no_holder", lang)
    return agencies[key].short_name.get(lang) if key in agencies else key


def document_tree(parents: Sequence[LinkView], children: Sequence[LinkView], child_count: int, lang: str) -> str:
    """The markup of the documents above a document, from the top, and of those below it.

    `child_count`: how many there are below; those that are not shown stand below the document in the whole register,
    whose search would leave out the tree.
    """
    more = child_count - len(children)
    lists = ((t("documents.tree_above", lang), parents), (t("documents.tree_below", lang), children))
    box = h.div[
        h.h2(".box-title")[t("documents.tree", lang)],
        not parents and not children and h.p(".quiet")[t("documents.tree_none", lang)],
        ((h.h3(".tree-head")[head], _links(links, lang)) for head, links in lists if links),
        more > 0 and h.p(".quiet")[h.a(".link", href=_REGISTER)[t("documents.tree_more", lang, n=more)]],
    ]
    return str(box)


def _links(links: Iterable[LinkView], lang: str) -> h.Element:
    return h.ul(".tree")[
        (
            h.li[
                h.a(".link", href=document_path(link.key) if link.is_stored else f"/chi-dao/{link.key}")[link.number],
                " ",
                link.title.get(lang),
            ]
            for link in links
        )
    ]


def tasks_tree(
    view: DocumentView, unassigned: Sequence[Task], agencies: Agencies, lang: str, page: int = 1
) -> str:  # fmt: skip
    """The markup of the tasks in the order of their document, with their numbers: an order with its parts below it.

    `page`: from 1, of about MAX_TASKS tasks each; the last one where there are fewer.
    """
    places = {task.key: place for place, task in enumerate(view.document.tasks)}
    ordered, parts = {order.task.key for order in view.orders}, Counter(task.part_of for task in unassigned)
    whole = [task for task in unassigned if not task.part_of]
    rows: list[_Row] = [
        *((each.task, 1, partial(_task, each)) for each in view.tasks if each.task.part_of not in ordered),
        *((each.task, len(each.tasks), partial(_order, each, view.document.key, places)) for each in view.orders),
        *((task, 1 + parts[task.key], partial(_unassigned, task, unassigned)) for task in whole),
    ]
    rows.sort(key=lambda row: places[row[0].key])
    paging = _paging([size for _, size, _ in rows], page)
    box = h.div[
        h.h2(".box-title")[t("documents.tasks", lang), view.document.is_simulated and simulated_badge(lang)],
        h.ul(".tree.task-tree")[(draw(agencies, lang) for _, _, draw in rows[paging.first - 1 : paging.last])],
        paging.pages > 1 and h.div(".task-pages")[page_links(paging, {}, lang)],
    ]
    return str(box)


def _paging(sizes: Sequence[int], page: int) -> Paging:
    """The page of rows of these sizes: a row that would make the page larger than MAX_TASKS begins the next one."""
    starts, size = [0], 0
    for place, each in enumerate(sizes):
        size += each
        if size > MAX_TASKS and place > starts[-1]:
            starts.append(place)
            size = each
    page = max(1, min(page, len(starts))) if type(page) is int else 1  # a browser sends it
    return Paging(page, len(starts), starts[page - 1] + 1, [*starts, len(sizes)][page], len(sizes))


def _task(view: TaskView, agencies: Agencies, lang: str) -> h.Element:
    task, lead = view.task, _agency(view.assignment.holder, agencies, lang)
    return h.li[
        h.div(".tree-row")[
            h.div(".tree-what")[
                h.a(".row-link", href=task_path(f"{view.document.key}/{task.key}"))[task.title.get(lang)],
                h.small(".quiet")[_numbered(task, _agencies_line(lead, task, agencies, lang), lang)],
            ],
            h.div(".tree-due")[task_due(view, lang), _due_words(view, lang)],
            h.div(".tree-bar")[task_progress(view, lang)],
            h.div(".tree-state")[task_state(view, lang)],
        ]
    ]


def _order(
    order: MultiAgencyOrder, document: str, places: Mapping[str, int], agencies: Agencies, lang: str
) -> h.Element:
    parts = sorted(order.tasks, key=lambda each: places[each.task.key])
    addressees = _agencies_line(t("documents.parts", lang, n=len(parts)), order.task, agencies, lang)
    return h.li[
        h.div(".tree-row")[
            h.div(".tree-what")[
                h.a(".row-link", href=task_path(f"{document}/{order.task.key}"))[order.task.title.get(lang)],
                h.small(".quiet")[_numbered(order.task, addressees, lang)],
            ],
            h.div(".tree-due")[_due(order.task, lang)],
            h.div(".tree-bar")[rollup_bar(order.rollup, lang)],
            h.div(".tree-state"),
        ],
        h.ul(".tree")[(_task(part, agencies, lang) for part in parts)],
    ]


def _unassigned(task: Task, all_tasks: Sequence[Task], agencies: Agencies, lang: str) -> h.Element:
    parts = [each for each in all_tasks if each.part_of == task.key]
    leads = t("documents.parts", lang, n=len(parts)) if parts else _agency(task.lead, agencies, lang)
    line = _agencies_line(leads, task, agencies, lang)
    return h.li[
        h.div(".tree-row")[
            h.div(".tree-what")[h.b[task.title.get(lang)], h.small(".quiet")[_numbered(task, line, lang)]],
            h.div(".tree-due")[_due(task, lang)],
            h.div(".tree-bar"),
            h.div(".tree-state.quiet")["◌ ", t("documents.unassigned", lang)],
        ],
        bool(parts) and h.ul(".tree")[(_unassigned(part, (), agencies, lang) for part in parts)],
    ]


def _numbered(task: Task, line: str, lang: str) -> str:
    """The number of a task in its document, and what else is said of it."""
    return f"{t('documents.task_number', lang, n=task.key.removeprefix('nv-'))} · {line}"


def _agencies_line(leads: str, task: Task, agencies: Agencies, lang: str) -> str:
    """Who leads, in words, who coordinates, and the product."""
    parts = [leads]
    if task.coordinating:
        names = ", ".join(_agency(key, agencies, lang) for key in task.coordinating)
        parts.append(t("directives.with", lang, agencies=names))
    if task.product.vi:
        parts.append(task.product.get(lang))
    return " · ".join(parts)


def _due(task: Task, lang: str) -> str:
    if task.due is None:
        return task.due_words or t("documents.no_due", lang)
    day = format_date(task.due)
    return t("documents.due_inferred", lang, day=day, words=task.due_words) if task.is_due_inferred else day


def _due_words(view: TaskView, lang: str) -> h.Node:
    """The words that the due date follows from, where the document states it by words."""
    words = f"“{view.task.due_words}”"
    is_inferred = view.task.is_due_inferred and view.status.due == view.task.due
    return (
        bool(view.task.due_words)
        and h.small(".quiet")[t("documents.due_from_words", lang, words=words) if is_inferred else words]
    )
