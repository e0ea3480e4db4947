"""Codes of failures of a GTFS-Realtime feed and of its timetable."""

from ioc.domain.base.failure import ErrorCode


class GtfsCode(ErrorCode):
    """Why a feed, an entity or a timetable cannot be read. Texts: components/messages/errors/gtfs_rt.toml."""

    NOT_A_FEED = "gtfs_rt.not_a_feed"
    TOO_MANY_FIELDS = "gtfs_rt.too_many_fields"  # limit: of texts and messages
    FEED_TIME_MISSING = "gtfs_rt.feed_time_missing"
    TIME_INVALID = "gtfs_rt.time_invalid"  # value: as written
    TIME_IN_MILLISECONDS = "gtfs_rt.time_in_milliseconds"  # value: as written
    TIME_AFTER_FEED = "gtfs_rt.time_after_feed"  # time: of a vehicle; feed_time: of the header
    START_TIME_INVALID = "gtfs_rt.start_time_invalid"
    POSITION_INVALID = "gtfs_rt.position_invalid"  # lon, lat
    ROUTE_UNKNOWN = "gtfs_rt.route_unknown"  # trip: its id
    ONLY_ABSOLUTE_TIMES = "gtfs_rt.only_absolute_times"  # n: trips
    # Of a feed that gives no value and no event; n: how many.
    TRIPS_WITHOUT_DELAY = "gtfs_rt.trips_without_delay"  # cancelled, others: of the n trips
    TRIPS_UNREAD = "gtfs_rt.trips_unread"
    VEHICLES_UNREAD = "gtfs_rt.vehicles_unread"  # kind: of the events that the row does not declare
    ALERTS_UNREAD = "gtfs_rt.alerts_unread"  # kind
    ENTITIES_DELETED = "gtfs_rt.entities_deleted"
    NAMES_MISSING = "gtfs_rt.names_missing"  # cause: why the timetable could not be read
    TIMETABLE_NOT_GIVEN = "gtfs_rt.timetable_not_given"  # of an answer in files
    TIMETABLE_NOT_A_ZIP = "gtfs_rt.timetable_not_a_zip"  # external: the zip library's message
    TIMETABLE_TOO_MANY_FILES = "gtfs_rt.timetable_too_many_files"  # limit
    TIMETABLE_TABLE_TOO_LARGE = "gtfs_rt.timetable_table_too_large"  # table, mebibytes
    TIMETABLE_WITHOUT_TABLES = "gtfs_rt.timetable_without_tables"
    TIMETABLE_EMPTY = "gtfs_rt.timetable_empty"
