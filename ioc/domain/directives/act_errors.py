"""Codes of what is wrong with an act on a task, a position or a document, and the error that carries one."""

from ioc.domain.base.failure import ErrorCode, FailureError


class ActCode(ErrorCode):
    """Why an act was not done. Texts: components/messages/errors/directives.toml."""

    ACT_NOT_POSSIBLE = "directives.act_not_possible"  # act, state: "" for a task that is not assigned
    STORE_FAILED = "directives.store_failed"  # of one of many acts: it may be done
    FIELD_MISSING = "directives.field_missing"  # field
    DUE_UNCLEAR = "directives.due_unclear"  # text
    DUE_NO_SUCH_DAY = "directives.due_no_such_day"  # text
    DUE_BEFORE_ASSIGNED = "directives.due_before_assigned"
    ASSIGNED_LATER = "directives.assigned_later"
    DAY_PAST = "directives.day_past"  # field
    DAY_OUT_OF_RANGE = "directives.day_out_of_range"  # field, first and last: years
    AGENCY_UNKNOWN = "directives.agency_unknown"  # agency
    AGENCY_NOT_NAMED = "directives.agency_not_named"  # agency: as a program wrote it
    PLACE_UNKNOWN = "directives.place_unknown"  # place
    HORIZON_UNKNOWN = "directives.horizon_unknown"  # horizon
    AGENCY_ENDED = "directives.agency_ended"  # agency: its name; until
    AGENCY_CENTRAL = "directives.agency_central"  # agency
    AGENCY_UNCHANGED = "directives.agency_unchanged"
    HELD_ALREADY = "directives.held_already"
    CHILD_AFTER_PARENT = "directives.child_after_parent"  # due: of the parent
    PERCENT_OUT_OF_RANGE = "directives.percent_out_of_range"
    PETITION_WITHOUT_ADDRESSEE = "directives.petition_without_addressee"
    ADDRESSEE_UNKNOWN = "directives.addressee_unknown"  # addressee
    NO_DUE_DATE = "directives.no_due_date"
    EXTENSION_NOT_LATER = "directives.extension_not_later"  # due: the current one
    EXTENSION_OPEN = "directives.extension_open"
    ADJUSTMENT_OPEN = "directives.adjustment_open"
    ADJUSTMENT_TOO_LATE = "directives.adjustment_too_late"  # days: working days
    NOT_OPEN = "directives.not_open"
    ANSWERS_NOTHING = "directives.answers_nothing"
    OWN_REQUEST = "directives.own_request"
    PRODUCT_NUMBER_MISSING = "directives.product_number_missing"
    COMPLETED_AFTER_SUBMISSION = "directives.completed_after_submission"
    COMPLETED_BEFORE_ASSIGNED = "directives.completed_before_assigned"
    DUE_NOT_ALLOWED = "directives.due_not_allowed"
    NOT_PROPOSABLE = "directives.not_proposable"
    FIELD_NOT_PROPOSED = "directives.field_not_proposed"  # field
    ALREADY_STARRED = "directives.already_starred"
    ALREADY_LINKED = "directives.already_linked"
    LINKED_TO_ITSELF = "directives.linked_to_itself"
    ORDER_HAS_PARTS = "directives.order_has_parts"
    PART_OF_NO_ORDER = "directives.part_of_no_order"  # key
    TOO_MANY_ACTS = "directives.too_many_acts"  # limit
    TOO_MUCH_TEXT = "directives.too_much_text"  # limit: characters
    TOO_MANY_OPEN_ITEMS = "directives.too_many_open_items"  # limit
    TOO_MANY_LINKS = "directives.too_many_links"  # limit
    TOO_MANY_AGENCIES = "directives.too_many_agencies"  # limit
    TOO_MANY_TASKS = "directives.too_many_tasks"  # limit
    TOO_MANY_PARENTS = "directives.too_many_parents"  # limit
    WEIGHT_NOT_POSITIVE = "directives.weight_not_positive"
    PARENT_CYCLE = "directives.parent_cycle"  # key
    LEAD_COORDINATES = "directives.lead_coordinates"  # agency
    PETITION_TO_HOLDER = "directives.petition_to_holder"  # agency: of the task
    DOCUMENT_REVOKES_ITSELF = "directives.document_revokes_itself"
    SECRET_DOCUMENT = "directives.secret_document"
    PERSONAL_ID = "directives.personal_id"  # field
    DOCUMENT_NOT_ISSUED = "directives.document_not_issued"
    UNKNOWN_DOCUMENT = "directives.unknown_document"  # key
    UNKNOWN_TASK = "directives.unknown_task"  # key
    EXTERNAL_MASTER = "directives.external_master"  # master
    FORM_EXPIRED = "directives.form_expired"
    DUES_CHANGED = "directives.dues_changed"
    DOCUMENT_CHANGED = "directives.document_changed"
    NOTHING_CHANGED = "directives.nothing_changed"
    DUE_BY_ACT = "directives.due_by_act"
    TOO_MANY_CORRECTIONS = "directives.too_many_corrections"  # limit
    KEY_TAKEN = "directives.key_taken"  # key
    NUMBER_USED = "directives.number_used"  # number, day
    INSTRUCTION_CARRIED = "directives.instruction_carried"  # number
    INSTRUCTION_RETURNED = "directives.instruction_returned"  # at
    INSTRUCTION_ISSUED = "directives.instruction_issued"  # number, by
    INSTRUCTION_WITHDRAWN = "directives.instruction_withdrawn"  # at, by
    INSTRUCTION_CHANGED = "directives.instruction_changed"  # at
    INSTRUCTION_CONCLUDED = "directives.instruction_concluded"  # day
    TOO_MANY_STEPS = "directives.too_many_steps"  # limit
    UNKNOWN_BRIEFING = "directives.unknown_briefing"
    BRIEFING_OPEN = "directives.briefing_open"  # day
    BRIEFING_ENDED = "directives.briefing_ended"
    BRIEFING_CHANGED = "directives.briefing_changed"
    BRIEFING_FULL = "directives.briefing_full"  # limit
    NO_NOTICE_WAITS = "directives.no_notice_waits"

    POSITION_NOT_VALID = "directives.position_not_valid"  # position
    SYSTEM_POSITION_MISSING = "directives.system_position_missing"  # key: short name of the API key
    POSITION_CHANGED = "directives.position_changed"
    MANDATE_MISSING = "directives.mandate_missing"  # position, on_behalf_of
    ENDS_BEFORE_BEGINNING = "directives.ends_before_beginning"
    SUBSTITUTE_OF_SUBSTITUTE = "directives.substitute_of_substitute"
    NOT_PERMITTED = "directives.not_permitted"  # act, permitted: kinds of positions
    PUBLISH_NOT_PERMITTED = "directives.publish_not_permitted"  # permitted
    TASK_CHANGED = "directives.task_changed"  # at
    DRAFT_CHANGED = "directives.draft_changed"  # at
    DRAFT_GONE = "directives.draft_gone"
    KEY_REUSED = "directives.key_reused"


class ActError(FailureError):
    """An act that cannot be done; nothing of it is stored."""
