"""The options of a spreadsheet source: files, sheets, columns by their headings."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator

from data_sources._files import WatchOptions
from data_sources._mapping import (
    LocalTimeOptions,
    MissingValue,
    NumberOptions,
    SensorOptions,
    Template,
    TimePattern,
    UnitName,
    UnitOptions,
    check_templates,
)
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.parsing import placeholders

FILE, NAME = "{file}", "{name}"
_MAX_SHEETS_READ = 200
Heading = str | tuple[str, ...]  # of headings in several rows: from the upper one down
UNHEADED = ("",)  # stands for the heading of the column that `name_column` means


class Options(LocalTimeOptions, WatchOptions, NumberOptions, SensorOptions, UnitOptions):
    """`columns`: series template -> heading. `name`: heading of the column for {name}; `names`: ids for its texts.

    `name_column`: instead of `name`, the letters of a column without a heading, as in a spreadsheet: A is the first.

    `may_differ`: headings of columns that name no station.

    `file_name`: pattern of the name of a file, with {file} for what stands for {file} in a series, * and %Y, %m …;
    without {file}: all files are of one table.

    `time`: heading of the time, `clock` of the time of day; or `name_time`: strptime pattern of the file name, for a
    table of one moment. `clock_optional`: a row without time of day is of the day as such. `day_first`: whether texts
    name the day before the month; None: as the column proves, else so. `unit_column`: heading of the column with the
    unit of each row. `units`: series template -> unit of its column, which comes first, and spelling in the file ->
    unit. `unit`: of cells without any. `ends`: first words of the row that ends the table; rows with data below it are
    reported. `merged_cells`: each: a value merged over several rows or columns is that of each of them.
    `unended_line`: whether the last line of a text file is whole though no line break ends it.
    `column_numbers`: whether a first row 1, 2, 3 … numbers the columns; None: where no label of data can look so.
    """

    sheets: tuple[str, ...] = ()
    columns: dict[Template, Heading] = Field(min_length=1)
    name: Heading = ""
    name_column: str = ""
    file_name: str = ""
    time: Heading = ""
    clock: Heading = ""
    clock_optional: bool = False
    name_time: TimePattern = ""
    unit: UnitName = ""
    unit_column: Heading = ""
    ends: tuple[str, ...] = ()
    missing: tuple[MissingValue, ...] = ("x", "X", "…", "...", "..")
    merged_cells: Literal["each"] | None = None
    column_numbers: bool | None = None
    day_first: bool | None = None
    encoding: str = ""
    delimiter: str = Field("", max_length=1)
    unended_line: bool = False
    _assumed_dates: list[str] = PrivateAttr(default_factory=list)
    _sheets_read: dict[str, None] = PrivateAttr(default_factory=dict)
    _empty_cell_counts: list[int] = PrivateAttr(default_factory=list)

    @field_validator("name", "time", "clock", "unit_column")
    @classmethod
    def _validate_heading(cls, heading: Heading) -> Heading:
        return heading and _named(heading)

    @field_validator("columns")
    @classmethod
    def _validate_value_headings(cls, columns: dict[Template, Heading]) -> dict[Template, Heading]:
        return {template: _named(heading) for template, heading in columns.items()}

    @field_validator("name_column")
    @classmethod
    def _validate_name_column(cls, letters: str) -> str:
        if not re.fullmatch("[A-Za-z]{0,3}", letters):
            raise ConfigValueError(OptionCode.COLUMN_LETTERS, value=letters)
        return letters.upper()

    @field_validator("encoding")
    @classmethod
    def _validate_encoding(cls, text: str) -> str:
        if text not in ("", "tcvn3", "vni"):
            try:
                "".encode(text)
            except LookupError:
                raise ConfigValueError(OptionCode.UNKNOWN_ENCODING, encoding=text) from None
        return text

    @model_validator(mode="after")
    def _validate_columns(self) -> Self:
        if bool(self.time) == bool(self.name_time):
            raise ConfigValueError(OptionCode.TIME_OR_NAME_TIME)
        if set(self.name_time) & set("*?"):
            raise ConfigValueError(OptionCode.NAME_TIME_WILDCARD, pattern=self.name_time)
        if self.name and self.name_column:
            raise ConfigValueError(OptionCode.NAME_OR_NAME_COLUMN)
        for template in self.columns:
            if set(placeholders(template)) - {"file"} != ({"name"} if self.row_name else set()):
                raise ConfigValueError(OptionCode.NAME_PLACEHOLDER, series=template)
        if len({FILE in template for template in (*self.columns, *self._file_patterns)}) > 1:
            raise ConfigValueError(OptionCode.FILE_PLACEHOLDER)
        check_templates(self.columns)
        return self

    @property
    def _file_patterns(self) -> list[str]:
        """The patterns of the name of a file that must name {file} exactly when the series do."""
        return [pattern for pattern in (self.file_name, self.name_time if FILE in self.name_time else "") if pattern]

    @property
    def row_name(self) -> Heading:
        """The heading of the column for {name}, UNHEADED of one without; "" where rows have no names."""
        return UNHEADED if self.name_column else self.name

    @property
    def label_headings(self) -> list[tuple[str, ...]]:
        """The headings of what identifies a row: its name, its time, its time of day."""
        return [heading_levels(heading) for heading in (self.row_name, self.time, self.clock) if heading]

    @property
    def uses_file(self) -> bool:
        """Whether the name of a file is part of its series."""
        return any(FILE in template for template in self.columns)

    @property
    def assumed_date(self) -> str:
        """The first date that was read with the day first because nothing says what it is."""
        return next(iter(self._assumed_dates), "")

    def note_assumed_date(self, text: str) -> None:
        """Keep the first date of which nothing says whether the day comes first."""
        if text and not self._assumed_dates:
            self._assumed_dates.append(text)

    @property
    def empty_cell_count(self) -> int:
        """Of all files."""
        return sum(self._empty_cell_counts)

    def note_empty_cells(self, count: int) -> None:
        """Keep the number of empty cells of a file whose series has other values."""
        self._empty_cell_counts[:] = [self.empty_cell_count + count]

    @property
    def sheets_read(self) -> tuple[str, ...]:
        """The first sheets from which values came since these options were made."""
        return tuple(self._sheets_read)

    def note_sheets(self, names: Iterable[str]) -> None:
        """Keep the names of sheets from which values came; "" is the table of a text file."""
        room = _MAX_SHEETS_READ - len(self._sheets_read)
        self._sheets_read.update(dict.fromkeys(islice(filter(None, names), room)))

    def series_key(self, template: str, name_key: str, file_key: str) -> str:
        """The key of a series of `columns`; `names` may have an entry for it as a whole, as for its parts."""
        series = template.replace(NAME, name_key).replace(FILE, file_key)
        return series if template in (NAME, FILE) else self.whole_key(series) or series

    def required_headings(self) -> list[tuple[str, ...]]:
        """Every heading that a table must have; the column that `name_column` means has none."""
        headings = [*self.columns.values(), self.name, self.time, self.clock, self.unit_column]
        return [heading_levels(heading) for heading in headings if heading]


def _named(heading: Heading) -> Heading:
    if not all(map(str.strip, heading_levels(heading) or UNHEADED)):
        raise ConfigValueError(OptionCode.BLANK_HEADING)
    return heading


def heading_levels(heading: Heading) -> tuple[str, ...]:
    """A heading as its levels, from the upper one down."""
    return (heading,) if isinstance(heading, str) else heading
