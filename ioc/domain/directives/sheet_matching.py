"""Which tasks of a stored document the rows of a sheet are: by their ids, the others by what they say."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.correction import as_stored, former_texts
from ioc.domain.directives.directive import Document, Task


class SheetTaskRow(NamedTuple):
    """A row of a sheet. `leads`: gives the keys of its lead agencies; asked only where texts are the same."""

    row: int
    external_id: str
    title: str
    leads: Callable[[], Iterable[str]]


class RowMatches(NamedTuple):
    """`tasks`: the stored tasks of the rows that are one. `unclear`: rows that may be one of several.

    `absent`: the stored tasks, without parts of orders, that no row is.
    """

    tasks: Mapping[int, Task]
    unclear: frozenset[int]
    absent: tuple[Task, ...]


def match_rows(rows: Iterable[SheetTaskRow], document: Document | None) -> RowMatches:
    """The tasks of a stored document that rows are, no task of two of them; of no document none.

    A row is the task with its id. A row whose id no task has, or that has none, is the task with its text, also with
    the text that a correction has changed: of several the one with its lead agencies. Tasks that are the same in both
    are taken in the order of the rows. A task with an id is none of a row with another one.
    """
    if document is None:
        return RowMatches({}, frozenset(), ())
    by_id = {task.external_id: task for task in document.tasks if task.external_id}
    found, others = dict[int, Task](), list[SheetTaskRow]()
    for each in rows:
        if task := by_id.get(each.external_id) if each.external_id else None:
            found[each.row] = task
        else:
            others.append(each)
    by_text, unclear = _Tasks(document, {task.key for task in found.values()}), set[int]()
    for group in _by_text(others).values():
        matched = by_text.match(group)
        found |= matched or {}
        unclear |= {each.row for each in group} if matched is None else set()
    named = {task.key for task in found.values()}
    absent = (task for task in document.tasks if task.key not in named and not task.part_of)
    return RowMatches(found, frozenset(unclear), tuple(absent))


class _Tasks:
    """The tasks of a document that no id names, by their texts; parts of orders are none."""

    def __init__(self, document: Document, named: Collection[str]) -> None:
        self._by_text, self._leads = defaultdict[str, list[Task]](list), defaultdict[str, set[str]](set)
        for task in document.tasks:
            if task.part_of:
                self._leads[task.part_of].add(task.lead)
            elif task.key not in named:
                for text in {_text(task.title.vi), *map(_text, former_texts(document, task, "title"))}:
                    self._by_text[text].append(task)

    def match(self, rows: Sequence[SheetTaskRow]) -> dict[int, Task] | None:
        """The tasks of rows with the same text; None where it is not clear which they are."""
        tasks = self._free(rows[0].title, rows)
        if len(rows) == 1 and len(tasks) <= 1:
            return dict(zip([rows[0].row], tasks, strict=False))
        found = dict[int, Task]()
        of_leads = defaultdict[frozenset[str], list[SheetTaskRow]](list)
        for each in rows:
            of_leads[frozenset(each.leads())].append(each)
        for leads, group in of_leads.items():
            same = [task for task in tasks if self._leads_of(task) == leads]
            if same and len(same) != len(group):
                return None
            found |= {each.row: task for each, task in zip(group, same, strict=False)}
        return found

    def _free(self, title: str, rows: Sequence[SheetTaskRow]) -> list[Task]:
        """The tasks with the text; those with an id only for rows without any."""
        has_ids = any(each.external_id for each in rows)
        return [task for task in self._by_text.get(_text(title), ()) if not (has_ids and task.external_id)]

    def _leads_of(self, task: Task) -> frozenset[str]:
        return frozenset(self._leads[task.key] if task.is_order else {task.lead})


def _by_text(rows: Iterable[SheetTaskRow]) -> dict[str, list[SheetTaskRow]]:
    groups = defaultdict[str, list[SheetTaskRow]](list)
    for each in rows:
        if each.title:
            groups[_text(each.title)].append(each)
    return groups


def _text(title: str) -> str:
    """A text as two are compared: as it is stored, whatever its capitals and spaces."""
    return " ".join(as_stored(LocalizedText(title)).casefold().split())


def parts_by_lead(document: Document, parts: Sequence[Task], leads: Set[str]) -> dict[str, Task]:
    """The part that each of `leads` names: at most one each, and as many parts as have a name among them.

    A sheet may still name the agency that stood before a correction: the present one goes before it.
    """
    names = {
        part.key: [each for each in (part.lead, *sorted(former_texts(document, part, "lead"))) if each in leads]
        for part in parts
    }
    found = dict[str, Task]()

    def is_placed(part: Task, tried: set[str]) -> bool:
        for name in names[part.key]:
            if name in tried:
                continue
            tried.add(name)
            if name not in found or is_placed(found[name], tried):  # its part has another name
                found[name] = part
                return True
        return False

    for part in sorted(parts, key=lambda each: each.lead not in leads):
        is_placed(part, set())
    return found
