"""The options of a source of station files."""

import re
from collections.abc import Mapping
from functools import cached_property
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from data_sources._files import Glob, SftpOptions, WatchOptions
from data_sources._mapping import NumberOptions, Template, UnitOptions, Zone
from ioc.domain.base.option_errors import ConfigValueError, OptionCode
from ioc.domain.ingest.duplicates import canonical_name
from ioc.domain.ingest.parsing import placeholders

_COMMA_IN_NUMBER = re.compile(r"(?<=[0-9]),(?=[0-9])")


def canonical_parameter(name: str) -> str:
    """The name of a parameter with a point in its numbers: "PM2,5" and "PM2.5" are one."""
    return canonical_name(_COMMA_IN_NUMBER.sub(".", name))


class Options(WatchOptions, SftpOptions, NumberOptions, UnitOptions):
    """`stations`, `parameters`: the words in the series for those of the files.

    `folders`: strftime pattern when each day has a folder of its own. `hours`: files that are older by their name are
    not read.
    """

    glob: Glob = "*.txt"
    series: Template = "{station}-{parameter}"
    stations: dict[str, str] = {}
    parameters: dict[str, str] = {}
    folders: str = ""
    hours: int = Field(24, ge=1, le=240)
    zone: Zone = "Asia/Ho_Chi_Minh"

    @field_validator("series")
    @classmethod
    def _validate_series(cls, text: str) -> str:
        if set(placeholders(text)) - {"station", "parameter"} or "{parameter}" not in text:
            raise ConfigValueError(OptionCode.STATION_PLACEHOLDERS)
        return text

    @field_validator("parameters")
    @classmethod
    def _validate_parameters(cls, parameters: dict[str, str]) -> dict[str, str]:
        first: dict[str, tuple[str, str]] = {}
        for name, word in parameters.items():
            known, other = first.setdefault(canonical_parameter(name), (name, word))
            if other != word:
                raise ConfigValueError(OptionCode.PARAMETER_TWICE, first=known, second=name)
        return parameters

    @field_validator("folders")
    @classmethod
    def _validate_folders(cls, text: str) -> str:
        if text.startswith(("/", "~")) or ".." in text:
            raise ConfigValueError(OptionCode.FOLDERS_OUTSIDE)
        return text

    @property
    def unit_codes(self) -> Mapping[str, str]:
        """Files write - where a value has no unit."""
        return {"-": ""}

    def parameter_word(self, name: str) -> str:
        """The word in the series for a parameter of the files, which its comma or point makes no other one."""
        return self._parameter_words.get(canonical_parameter(name), name)

    @cached_property
    def _parameter_words(self) -> Mapping[str, str]:
        return {canonical_parameter(name): word for name, word in self.parameters.items()}

    @cached_property
    def zone_info(self) -> ZoneInfo:
        """The zone of the times in the files and in their names."""
        return ZoneInfo(self.zone)
