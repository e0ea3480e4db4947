"""Codes of authentication, accounts, displays and API keys, and the error that carries them."""

from ioc.domain.base.failure import ErrorCode, Failure, FailureError, Parameter


class AuthCode(ErrorCode):
    """Why something of accounts, displays or API keys is refused. Texts: components/messages/errors/auth.toml.

    `seconds`: to wait before the next attempt, 0 for none.
    """

    # Logging in. The answer is the same for every cause; the cause itself stands in the audit log.
    LOGIN_FAILED = "auth.login_failed"  # seconds
    MFA_FAILED = "auth.mfa_failed"  # seconds
    LOGIN_STEP_EXPIRED = "auth.login_step_expired"  # seconds
    BUSY = "auth.busy"  # seconds
    OIDC_UNAVAILABLE = "auth.oidc_unavailable"
    OIDC_FAILED = "auth.oidc_failed"
    OIDC_DENIED = "auth.oidc_denied"
    # Causes of a failed login, for the audit log alone.
    ACCOUNT_UNKNOWN = "auth.account_unknown"
    ACCOUNT_DISABLED = "auth.account_disabled"
    ACCOUNT_UNUSED = "auth.account_unused"
    ACCOUNT_LOCKED = "auth.account_locked"
    ACCOUNT_WITHOUT_ROLE = "auth.account_without_role"
    ONE_TIME_PASSWORD_SPENT = "auth.one_time_password_spent"
    OIDC_STATE_EXPIRED = "auth.oidc_state_expired"
    OIDC_STATE_MISMATCH = "auth.oidc_state_mismatch"
    OIDC_TOKEN_FOREIGN = "auth.oidc_token_foreign"
    OIDC_RESPONSE_INVALID = "auth.oidc_response_invalid"  # external: class of the library's error
    OIDC_CLAIM_INVALID = "auth.oidc_claim_invalid"  # external: name of the claim
    # One's own account.
    PASSWORD_WRONG = "auth.password_wrong"  # seconds
    PASSWORD_UNCHANGED = "auth.password_unchanged"
    PASSWORD_MISMATCH = "auth.password_mismatch"
    PASSWORD_TOO_SHORT = "auth.password_too_short"  # least: characters
    PASSWORD_TOO_LONG = "auth.password_too_long"  # most: characters
    PASSWORD_COMMON = "auth.password_common"
    MFA_CODE_WRONG = "auth.mfa_code_wrong"
    MFA_MANDATORY = "auth.mfa_mandatory"
    MFA_NOT_SET = "auth.mfa_not_set"
    REAUTHENTICATION_REQUIRED = "auth.reauthentication_required"
    ACCOUNT_CHANGED = "auth.account_changed"
    SESSION_NOT_FOUND = "auth.session_not_found"
    # Administration of accounts.
    ACCOUNT_NOT_FOUND = "auth.account_not_found"  # name
    USERNAME_INVALID = "auth.username_invalid"
    USERNAME_TAKEN = "auth.username_taken"  # name
    ROLE_MISSING = "auth.role_missing"
    AGENCY_MISSING = "auth.agency_missing"
    AGENCY_UNKNOWN = "auth.agency_unknown"  # agency: as given
    OWN_ACCOUNT = "auth.own_account"
    LAST_ADMINISTRATOR = "auth.last_administrator"
    ACCOUNT_EXTERNAL = "auth.account_external"
    PURPOSE_MISSING = "auth.purpose_missing"  # of opening personal data; least: characters of the note
    NO_PERSONAL_DATA = "auth.no_personal_data"  # of an event or unit that is unknown, or of which none is kept
    # Displays and API keys.
    NAME_MISSING = "auth.name_missing"
    NETWORK_INVALID = "auth.network_invalid"  # network: as typed
    NETWORKS_TOO_LONG = "auth.networks_too_long"  # most: characters
    DISPLAY_CODE_MISSING = "auth.display_code_missing"
    DISPLAY_CODE_INVALID = "auth.display_code_invalid"
    DISPLAY_NAME_TAKEN = "auth.display_name_taken"  # name
    DISPLAY_CHANGED = "auth.display_changed"
    DISPLAY_NOT_FOUND = "auth.display_not_found"
    DISPLAY_QUEUE_FULL = "auth.display_queue_full"
    DISPLAY_OUTSIDE_NETWORKS = "auth.display_outside_networks"  # address
    API_KEY_NAME_TAKEN = "auth.api_key_name_taken"  # name
    API_KEY_NOT_FOUND = "auth.api_key_not_found"
    SCOPE_MISSING = "auth.scope_missing"
    DAY_INVALID = "auth.day_invalid"  # text


# Input that is mistyped, or names what does not exist: nobody was denied anything, so it is not audited.
INPUT_CODES = frozenset({
    AuthCode.AGENCY_MISSING, AuthCode.ACCOUNT_CHANGED, AuthCode.MFA_NOT_SET, AuthCode.USERNAME_INVALID,
    AuthCode.USERNAME_TAKEN, AuthCode.ACCOUNT_NOT_FOUND, AuthCode.PASSWORD_COMMON, AuthCode.PASSWORD_MISMATCH,
    AuthCode.PASSWORD_TOO_LONG, AuthCode.PASSWORD_UNCHANGED, AuthCode.PASSWORD_TOO_SHORT, AuthCode.API_KEY_NAME_TAKEN,
    AuthCode.API_KEY_NOT_FOUND, AuthCode.NETWORK_INVALID, AuthCode.NETWORKS_TOO_LONG, AuthCode.ROLE_MISSING,
    AuthCode.SCOPE_MISSING, AuthCode.DISPLAY_CHANGED, AuthCode.DISPLAY_NAME_TAKEN, AuthCode.DISPLAY_NOT_FOUND,
    AuthCode.NAME_MISSING, AuthCode.DAY_INVALID, AuthCode.AGENCY_UNKNOWN, AuthCode.DISPLAY_CODE_MISSING,
})  # fmt: skip


class AuthError(FailureError):
    """A request about accounts, displays or API keys that is refused. Its failure says only what anybody may know.

    Who answers the request audits the denial. `cause`: what is audited instead of the code, where the audit log is to
    know more. `action`, `target`: audited where the request does not state them. `retry_after_seconds`: how long to
    wait before the next attempt, 0 for none; by default the parameter `seconds`.
    """

    def __init__(
        self, code: AuthCode, /, *, cause: Failure | None = None, action: str = "", target: str = "",
        retry_after_seconds: int = 0, **params: Parameter,
    ) -> None:  # fmt: skip
        super().__init__(Failure(code, params))
        self.code, self.cause = code, cause or self.failure
        self.action, self.target = action, target
        seconds = params.get("seconds", 0)
        self.retry_after_seconds = retry_after_seconds or (seconds if isinstance(seconds, int) else 0)
