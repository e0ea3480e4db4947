"""Series keys from the names in an answer, and the sensors that must not be one series."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, Self

from pydantic import PrivateAttr, model_validator

from data_sources._mapping.options import RowOptions
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import is_damaged
from ioc.domain.ingest.duplicates import canonical_name
from ioc.domain.ingest.parsing import ParseCode, ParseError, fill_placeholders, placeholders

_KEY = re.compile(r"[a-z0-9-]*")
# Characters of each text of a name, as in fill_placeholders, and of a sensor: many items may share one of megabytes.
_MAX_READ, _MAX_COMPARED = 200, 1_000
_MAX_FIELDS = 100  # of a sensor


class SeriesName(NamedTuple):
    """A series key, the name in the answer that it was made from, and the unit with which the name ends, if any."""

    key: str
    name: str
    unit: str = ""


class NameOptions(RowOptions):
    """`names`: series keys by filled template, or by its slug, where the key is not simply that slug.

    Several entries with one key are spellings of one name.
    """

    names: dict[str, str] = {}
    _matched: set[str] = PrivateAttr(default_factory=set)

    @model_validator(mode="after")
    def _validate_names(self) -> Self:
        for name, key in self.names.items():
            if not _KEY.fullmatch(key):
                raise ConfigValueError(OptionCode.NAME_NOT_A_KEY, name=name, key=key, slug=slugify(key) or "–")
        return self

    def series_name(self, template: str, lookup: Callable[[str], Any]) -> SeriesName:
        """`template` filled by `lookup`, and its series key.

        Raises ParseError when a placeholder has no value, or one of which no letter is one of a key and no entry of
        `names` says what it becomes: all names in such a script would be one. So for a damaged name.
        """
        values = {path: lookup(path) for path in placeholders(template)}
        name = fill_placeholders(template, values.__getitem__)
        if self.is_unclear(name):
            raise ParseError(ParseCode.NAME_DAMAGED, name=name)
        has_letters = all(slugify(str(value)[:_MAX_READ]) for value in values.values())
        if not has_letters and canonical_name(name) not in self._entries:
            raise ParseError(ParseCode.NAME_WITHOUT_LETTERS, name=name)
        return SeriesName(self.key_of(name), self.spelling_of(name))

    def is_unclear(self, name: str) -> bool:
        """Whether a name in the answer is damaged, and no entry of `names`: its slug may be that of another one."""
        return is_damaged(name) and canonical_name(name) not in self._entries

    def spelling_of(self, name: str) -> str:
        """The first of the entries of `names` that have the key of `name`; `name` itself where it is none of them."""
        entry = self._entries.get(canonical_name(name))
        return name if entry is None else self._spellings[self.names[entry]]

    def key_of(self, name: str) -> str:
        """The series key of a name in the answer: that of `names`, by the name or by its slug, else its slug.

        Of two names with one slug that is an entry `spelling_of` makes no one name, so that they clash as without it.
        """
        if not self.names:
            return slugify(name)
        slug = slugify(name)
        entry = name if name in self.names else self._entries.get(canonical_name(name), slug)
        self._matched.add(entry)
        return self.names.get(entry) or slug

    def whole_key(self, series: str) -> str:
        """The key that `names` has for a whole series key, as `try` prints it, where names are parts of a template.

        "" for none.
        """
        if series not in self.names:
            return ""
        self._matched.add(series)
        return self.names[series]

    @cached_property
    def _entries(self) -> Mapping[str, str]:
        """The entries of `names` by what tells names apart."""
        return {canonical_name(name): name for name in self.names}

    @cached_property
    def _spellings(self) -> Mapping[str, str]:
        """The first entry of `names` by its key."""
        return {key: name for name, key in reversed(self.names.items())}

    @property
    def unmatched_names(self) -> list[str]:
        """The entries of `names` that no answer has had since these options were made."""
        return [name for name in self.names if name not in self._matched]


class SensorOptions(NameOptions):
    """`may_differ`: fields that may differ within one series, such as the number of a record or a device replaced.

    Where another field that names a sensor differs, the template has left it out, and the series is rejected.
    """

    may_differ: tuple[str, ...] = ()

    def sensor(self, fields: Iterable[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
        """The sensor of a reading: those of `fields`, each with its value, that must not differ within one series.

        Of the first of them where there are very many: each reading keeps them, and is compared by them.
        """
        return tuple(
            (field, canonical_name(str(value)[:_MAX_COMPARED]))
            for field, value in islice(fields, _MAX_FIELDS)
            if value not in (None, "") and field not in self.may_differ
        )
