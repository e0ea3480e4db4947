"""Codes of what a command cannot do."""

from ioc.domain.base.failure import ErrorCode


class CliCode(ErrorCode):
    """Why a command fails. Texts: components/messages/errors/cli.toml."""

    # `run` and `web`: the address on which the program listens. port: str, because it is no quantity
    EXPOSED_WITHOUT_TLS = "cli.exposed_without_tls"  # host
    PORT_TAKEN = "cli.port_taken"  # port
    PORT_FORBIDDEN = "cli.port_forbidden"  # port
    HOST_NOT_LOCAL = "cli.host_not_local"  # host
    HOST_UNUSABLE = "cli.host_unusable"  # host, port, cause
    # `record` and `try --from`
    RECORDING_UNREADABLE = "cli.recording_unreadable"  # cause
    RECORDING_INVALID = "cli.recording_invalid"
    RECORDING_OF_OTHER_PROTOCOL = "cli.recording_of_other_protocol"  # recorded, expected
    RECORDING_WITH_OTHERS = "cli.recording_with_others"
    ANSWER_TOO_LARGE = "cli.answer_too_large"  # limit_mib
    ANSWER_COMPRESSED = "cli.answer_compressed"  # protocol
    ONE_FILE_ONLY = "cli.one_file_only"  # protocol
    ALERT_NOT_IN_FILE = "cli.alert_not_in_file"
    PAGES_NOT_IN_FILE = "cli.pages_not_in_file"
    TIMETABLE_WITHOUT_FEED = "cli.timetable_without_feed"
    FILE_NOT_A_STATION = "cli.file_not_a_station"  # name: of the file; example: a name
    FILE_NOT_A_TOPIC = "cli.file_not_a_topic"  # topic, topics: of the row; example: a name
    FILE_NOT_A_SPARKPLUG_TOPIC = "cli.file_not_a_sparkplug_topic"  # topic, example: a name
    PAGE_NOT_TEXT = "cli.page_not_text"  # page
    PAGE_OVER_LIMIT = "cli.page_over_limit"  # page, limit_mib
    FILE_NOT_WRITTEN = "cli.file_not_written"  # path, cause
    # `audit export`
    SYSLOG_ADDRESS = "cli.syslog_address"
    # `fault`
    FAULT_REJECTED = "cli.fault_rejected"  # external: what the simulated city says
