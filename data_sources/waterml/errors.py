"""Codes of failures of an answer in WaterML."""

from ioc.domain.base.failure import ErrorCode


class WaterMlCode(ErrorCode):
    """Why an answer cannot be read. Texts: components/messages/errors/waterml.toml."""

    NOT_WATERML = "waterml.not_waterml"  # element: the root of the answer
    CENSORED = "waterml.censored"  # value, censor: the code in the answer
    DAYLIGHT_SAVING = "waterml.daylight_saving"  # text, offsets: of the site, example: a zone with them
    OTHER_ZONE = "waterml.other_zone"  # text, offsets, example; zone: of the row, which has others
    SERIES_MISSING = "waterml.series_missing"  # element: what the answer lacks
    NOT_A_MEASUREMENT = "waterml.not_a_measurement"  # element: what this part lacks, beside others that have it
    JSON_WITHOUT_SERIES = "waterml.json_without_series"
