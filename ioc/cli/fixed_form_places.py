"""The places of answers of fixed forms that the program reads, by path.

A path has names only: the entries of a list, and the text of an XML element, are at the path of the list or element.
"""

import re
from collections.abc import Callable, Iterable, Mapping

_UNIT_1 = "(unit|units)(/(unitCode|unitAbbreviation|unitName|unitsAbbreviation))?"
_ZONES = "timeZoneInfo/(siteUsesDaylightSavingsTime|(defaultTimeZone|daylightSavingsTimeZone)/zoneOffset)"
_TIMED = "(dateTime|dateTimeUTC|timeOffset|qualifiers|censorCode)"
_STREAM = "(@iot.id|id|unitOfMeasurement(/(symbol|name|definition))?)"
_OBSERVATION = "(result|phenomenonTime|resultTime)"
_ENTITIES = "@iot.count error code message **/[^/]*@iot.(navigationLink|selfLink|nextLink)"
_KIWIS = r"ts_id columns type code message data/(timestamp|quality\scode)"

# By form: regular expressions of paths, in which "." is a point, "**/" stands for any names, or none, and "ROOT/" for
# where the items of a document are.
_PLACES: Mapping[str, str] = {
    "cap": """
        **/alert/(identifier|sender|sent|status|msgType|scope|references|note)
        **/alert/info/(language|event|responseType|urgency|severity|certainty|effective|onset|expires)
        **/alert/info/(senderName|headline|description|instruction|web|contact)
        **/alert/info/**/(category|areaDesc|polygon|circle)
        (feed|rss/channel|RDF/channel)/(updated|lastBuildDate|pubDate|date)
        **/(entry|item)/(link(/(href|rel|type))?|enclosure/(type|href|url)|guid|id|updated|pubDate|date|published)""",
    "gtfs_rt": """
        entity/(id|is_deleted) entity/vehicle/(timestamp|stop_id|position/(latitude|longitude|speed))
        entity/vehicle/(vehicle/(id|label)|trip/(trip_id|route_id|start_time|start_date))
        entity/alert/(active_period/(start|end)|severity_level|effect)
        entity/alert/(header_text|description_text|url)/translation/(text|language)
        entity/alert/informed_entity/(route_id|stop_id|trip/(trip_id|route_id))
        entity/trip_update/(delay|trip/(trip_id|route_id|schedule_relationship))
        entity/trip_update/stop_time_update/(schedule_relationship|(arrival|departure)/(time|delay))""",
    "kiwis": f"{_KIWIS} ts_unitsymbol data/value",
    "kiwis of heights": rf"{_KIWIS} ts_unitsymbol_abs data/absolute\svalue",
    "open311": """
        ROOT/(service_request_id|token|status|status_notes|service_name|service_code|group|description)
        ROOT/(agency_responsible|service_notice|address|lat|long|media_url|first_name|last_name|name|phone|email)
        ROOT/((requested|updated|expected|closed)_datetime|code)""",
    "openaq": """
        detail meta/(found|limit|page) results/(id|parameter/(name|units)|latest/(value|datetime/utc))""",
    "prometheus": "status error warnings data/(resultType|result|result/(value|values|metric/__name__))",
    "rss": """
        (rss/channel|RDF/channel|feed)/(title|id|link(/href)?|updated|published|pubDate|lastBuildDate|date)
        rss/version feed/version
        (rss/channel|rss|RDF|feed)/(item|entry)/(title|link(/(href|rel))?|guid(/isPermaLink)?|id)
        (rss/channel|rss|RDF|feed)/(item|entry)/(pubDate|published|updated|date|category(/term)?)
        (rss/channel|rss|RDF|feed)/(item|entry)/(description|summary|content|encoded)(/div(/**/[^/]+)?)?""",
    "senml": "n u v vs vb vd t bn bt bu bv bver",
    "sensorthings": f"{_ENTITIES} ROOT/{_STREAM} ROOT/Observations/{_OBSERVATION}",
    "things": f"""
        {_ENTITIES} ROOT/Datastreams@iot.count
        ROOT/Datastreams/{_STREAM} ROOT/Datastreams/Observations/{_OBSERVATION}""",
    "observations": f"{_ENTITIES} ROOT/{_OBSERVATION} ROOT/Datastream/{_STREAM}",
    "data array": f"{_ENTITIES} ROOT/components ROOT/dataArray/{_OBSERVATION} ROOT/Datastream/{_STREAM}",
    "waterml as JSON": f"""
        value/timeSeries/name value/timeSeries/sourceInfo/(siteCode/value|siteName|{_ZONES})
        value/timeSeries/variable/(variableCode/value|variableName|options/option/(optionCode|name)|noDataValue)
        value/timeSeries/variable/unit(/(unitCode|unitAbbreviation|unitName))?
        value/timeSeries/values/(method/methodID|value/(value|{_TIMED}))""",
    "waterml": f"""
        **/timeSeries/name **/timeSeries/sourceInfo/(siteCode|siteName|{_ZONES})
        **/timeSeries/variable/(variableCode|variableName|**/option/(optionCode|name)|noDataValue|NoDataValue|{_UNIT_1})
        **/timeSeries/values/(unitsAbbreviation|{_UNIT_1}|method/methodID|value(/(methodCode|methodID|{_TIMED}))?)
        **/OM_Observation/(id|observedProperty/(title|href)|procedure/(title|href|[^/]+/(identifier|id)))
        **/OM_Observation/featureOfInterest/(title|href|**/MonitoringPoint/(identifier|name|**/zoneOffset))
        **/OM_Observation/**/parameter/(title|NamedValue/(value|name/title))
        **/MeasurementTimeseries/**/MeasurementTVP/(time|value)
        **/MeasurementTimeseries/**/(MeasurementTVP|defaultPointMetadata)/**/(uom/(code|title|href)|quality/(title|href))
        **/MeasurementTimeseries/**/(MeasurementTVP|defaultPointMetadata)/**/qualifier/**/Category/value
        **/MeasurementTimeseries/**/(MeasurementTVP|defaultPointMetadata)/**/censoredReason(/(title|href))?""",
}  # fmt: skip
# By form: the places that the placeholders of a template of series start from.
_ITEMS: Mapping[str, str] = {
    "kiwis": "", "kiwis of heights": "", "openaq": "results/", "prometheus": "data/result/metric/",
    "sensorthings": "ROOT/", "things": "ROOT/Datastreams/", "observations": "ROOT/Datastream/",
    "data array": "ROOT/Datastream/",
    "open311": "ROOT/",
}  # fmt: skip


def reader_of(form: str, root: str, of_row: Iterable[str] = ()) -> Callable[[str], bool]:
    """Whether a path of an answer of `form` is read. `root`: where its items are, "" or ending in "/".

    `of_row`: regular expressions of paths in an item that the row names.
    """
    patterns = [pattern.replace(".", r"\.").replace("**/", "(?:.+/)?") for pattern in _PLACES[form].split()]
    for path in of_row if form in _ITEMS else ():
        patterns.append(f"{_ITEMS[form]}{path}")
        if form == "things" and path.startswith("Thing/"):  # which stands around its Datastreams
            patterns.append(path.replace("Thing/", "ROOT/", 1))
    expression = re.compile("|".join(patterns).replace("ROOT/", root))
    return lambda path: expression.fullmatch(path) is not None
