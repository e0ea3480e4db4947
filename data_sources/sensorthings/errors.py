"""Codes of failures of a SensorThings service's answers."""

from ioc.domain.base.failure import ErrorCode


class SensorThingsCode(ErrorCode):
    """Why an answer or an entity cannot be read. Texts: components/messages/errors/sensorthings.toml."""

    NOT_A_LIST = "sensorthings.not_a_list"
    ONE_ENTITY = "sensorthings.one_entity"  # path: of what belongs to it
    NO_OBSERVATIONS = "sensorthings.no_observations"
    NOT_AN_OBSERVATION = "sensorthings.not_an_observation"
    STREAM_UNKNOWN = "sensorthings.stream_unknown"
    TIME_MISSING = "sensorthings.time_missing"
    RESULT_MISSING = "sensorthings.result_missing"
    DATA_ARRAY = "sensorthings.data_array"
    NEXT_LINK_INVALID = "sensorthings.next_link_invalid"
    NEXT_LINK_ELSEWHERE = "sensorthings.next_link_elsewhere"  # host
