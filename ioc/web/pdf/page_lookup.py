"""Finds the page that a name or a path of /pdf/ means."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from ioc.web import path_template


class PageEntry(NamedTuple):
    """A page: its name, its path or path template, and the query parameters that it knows."""

    name: str
    path: str
    params: Collection[str] = ()


def find_page(
    name_or_path: str, params: Mapping[str, str], entries: Iterable[PageEntry]
) -> tuple[str, dict[str, str]] | None:
    """(path, the parameters that the page knows) of the page of that name or path; None for an unknown one.

    The path is built from the entry's template, never taken from the request. Of a page that is named, the variables
    of its path are taken from `params`.
    """
    pages = list(entries)
    for page in pages:
        variables = path_template.variables(page.path)
        if page.name == name_or_path and all(params.get(key) for key in variables):
            return path_template.fill(page.path, params), _known_params(page, params)
    for page in pages:
        if match := path_template.pattern(page.path).fullmatch(name_or_path.strip("/")):
            return path_template.fill(page.path, match.groupdict()), _known_params(page, params)
    return None


def _known_params(page: PageEntry, params: Mapping[str, str]) -> dict[str, str]:
    """Sorted and without empty ones, so that one page has one address."""
    return {key: params[key] for key in sorted(page.params) if params.get(key)}
