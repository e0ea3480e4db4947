"""Numbers of tasks in words: with the parts of orders wherever there are some."""

from components.ui.format import format_number
from components.ui.i18n import t
from ioc.domain.directives.task_numbers import TaskNumbers


def counted(key: str, numbers: TaskNumbers, lang: str) -> str:
    """The text `key` of that many tasks, and the number of the parts of orders where there are some."""
    return with_parts(t(key, lang, n=format_number(numbers.tasks)), numbers.parts, lang)


def with_parts(text: str, parts: int, lang: str) -> str:
    """`text`, which ends in a number of tasks, with that of the parts of orders where there are some."""
    return f"{text} ({parts_text(parts, lang)})" if parts else text


def parts_text(parts: int, lang: str) -> str:
    """How many parts orders have; "" for none."""
    return t("documents.parts_among", lang, n=format_number(parts)) if parts else ""


def counted_briefly(numbers: TaskNumbers, total: int, lang: str) -> str:
    """That many tasks, and how many `total` is that states count where orders have parts: short, for a wall."""
    if not numbers.parts:
        return counted("directives.tasks", numbers, lang)
    return t("directives.tasks_by_parts", lang, n=format_number(numbers.tasks), total=format_number(total))


def states_note(numbers: TaskNumbers, total: int, lang: str) -> str:
    """What the states beside a number of tasks count, `total` in all, as a sum; "" where there are no parts."""
    if not numbers.parts:
        return ""
    return t("directives.by_parts", lang, n=format_number(total), sum=sum_of_parts(numbers, total, lang))


def sum_of_parts(numbers: TaskNumbers, total: int, lang: str) -> str:
    """`total` as a sum: the parts with how many orders have them, and the tasks of one agency."""
    plain = total - numbers.parts
    words = {"n": format_number(numbers.parts), "orders": format_number(numbers.tasks - plain)}
    others = [t("directives.other_tasks", lang, n=format_number(plain))] if plain else []
    return " + ".join([t("directives.parts_of_orders", lang, **words), *others])


def unit_word(numbers: TaskNumbers, total: int, lang: str) -> str:
    """What a `total` of states counts: tasks, or where orders have parts tasks and parts."""
    return t("directives.tasks_and_parts" if numbers.parts else "directives.tasks_word", lang, n=total)
