"""Codes of failures of an answer in WaterML."""

from ioc.domain.base.failure import ErrorCode


class WaterMlCode(ErrorCode):
    """Why an answer cannot be read. Texts: components/messages/errors/waterml.toml."""

    NOT_WATERML = "waterml.not_waterml"  # element: the root of the answer
    CENSORED = "waterml.censored"  # value, censor: the code in the answer
    JSON_WITHOUT_SERIES = "waterml.json_without_series"
