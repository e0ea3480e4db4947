"""The parts of an order by the agencies that a sheet names: of the present ones, and of those before corrections."""

from collections.abc import Sequence, Set

from ioc.domain.directives.correction import former_texts
from ioc.domain.directives.directive import Document, Task


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
