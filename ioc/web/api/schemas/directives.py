"""Schemas of directives and of administrative units."""

from datetime import date

from pydantic import Field

from ioc.web.api.schemas.base import ApiModel, Moment, SnapshotEnvelope, TranslatedText


class Directive(ApiModel):
    """A directive: a document that assigns tasks."""

    key: str = Field(description="Issuer, number and year, joined by hyphens.")
    number: str = Field(description="Its number as it is printed.")
    title: TranslatedText = Field(description="Its title.")
    kind: str = Field(description="Kind of document, in Vietnamese, such as công văn or quyết định.")
    issuer: str = Field(description="Key of the agency that issued it.")
    issuer_name: TranslatedText = Field(description="Name of that agency.")
    issued_on: date | None = Field(description="Day of issue; null when it is not known.")
    published_on: date | None = Field(description="Day of publication; null when it is not known.")
    is_simulated: bool = Field(description="Whether the document is simulated.")
    task_count: int = Field(
        description="Its tasks, without paused and withdrawn ones, an order to several agencies counted once."
    )
    open_task_count: int = Field(description="Tasks, and parts of orders in place of these, that are not done.")
    overdue_task_count: int = Field(description="Those of them that are overdue.")


class Directives(SnapshotEnvelope):
    """The register of directives."""

    directives: list[Directive] = Field(description="The directives in the order of the register.")


class Task(ApiModel):
    """A task of a directive, with its status at the moment that is shown."""

    key: str = Field(description="Key of the task.")
    title: TranslatedText = Field(description="Its title.")
    assigned_agency: str = Field(validation_alias="lead", description="Key of the agency that it was assigned to.")
    assigned_agency_name: TranslatedText = Field(description="Name of that agency.")
    current_agency: str = Field(description="Key of the agency that leads it now, after successions; empty for none.")
    current_agency_name: TranslatedText | None = Field(description="Name of that agency; null for none.")
    assigned_on: date = Field(description="Day on which it was assigned.")
    due_on: date | None = Field(
        validation_alias="due", description="Current due date, after extensions; null for no deadline."
    )
    original_due_on: date | None = Field(
        validation_alias="original_due", description="Due date before any extension; null for no deadline."
    )
    work_state: str = Field(description="not_started, active, awaiting_acceptance, done or withdrawn.")
    deadline_state: str = Field(
        description="no_deadline, on_track, due_soon, overdue, done_on_time or done_late; empty for a withdrawn task."
    )
    days_overdue: int = Field(description="Days past the due date; 0 unless overdue or late.")
    progress_percent: float | None = Field(
        validation_alias="percent", description="Progress by the last report; null when nothing was reported."
    )
    last_report_at: Moment | None = Field(
        validation_alias="last_reported", description="Time of the last report; null when there was none."
    )


class DirectiveDetail(SnapshotEnvelope):
    """One directive with its tasks."""

    directive: Directive = Field(description="The directive.")
    summary: TranslatedText = Field(description="Its content in short; empty for none.")
    parents: list[str] = Field(description="Keys of the documents that it implements.")
    tasks: list[Task] = Field(description="Its tasks in its order; parts in place of an order to several agencies.")


class AdminUnit(ApiModel):
    """A commune-level unit. Its point is for illustration, not an official boundary."""

    code: str = Field(description="Official code of the unit.")
    name: str = Field(description="Its name.")
    kind: str = Field(description="phường or xã.")
    area_km2: float = Field(description="Its area in km².")
    lon: float = Field(description="Longitude of its centre in degrees, WGS 84.")
    lat: float = Field(description="Latitude of its centre in degrees, WGS 84.")
    former_province: str = Field(description="The province that it belonged to before 01/07/2025; empty if unknown.")


class AdminUnits(SnapshotEnvelope):
    """All commune-level units of the city."""

    units: list[AdminUnit] = Field(description="The units by code.")
