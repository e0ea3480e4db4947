"""The code that a caller without permission, or with a credential that is not accepted, is answered with."""

from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.access.principal import Principal, PrincipalKind, RequiredAction, RevokedReason
from ioc.domain.base.failure import ErrorCode
from ioc.web.errors.codes import RequestCode
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authentication import API_KEY_PREFIXES
from ioc.web.wsgi import Environ

_REQUIRED_ACTION_CODES = {
    RequiredAction.CHANGE_PASSWORD: RequestCode.PASSWORD_CHANGE_REQUIRED,
    RequiredAction.ENROL_MFA: RequestCode.MFA_SETUP_REQUIRED,
}


def permission_error(denied: PermissionDeniedError, environ: Environ) -> RequestError:
    """The error of a denied permission. `denied.about` becomes part of what is audited."""
    resource = f"{denied.about} {environ['PATH_INFO']}" if denied.about else ""
    reason = denied.principal.revoked_reason
    return RequestError(_permission_code(denied, environ), cause=reason, action=denied.action, resource=resource)


def _permission_code(denied: PermissionDeniedError, environ: Environ) -> ErrorCode:
    """A program is told how to send a key, or that a key is not accepted at this path."""
    principal = denied.principal
    if principal.required_action:
        return _REQUIRED_ACTION_CODES[principal.required_action]
    if principal.kind is PrincipalKind.API_KEY:
        return RequestCode.KEY_NOT_PERMITTED
    if code := revoked_code(principal):
        return code
    if not denied.must_sign_in:
        return RequestCode.NOT_PERMITTED
    if environ["PATH_INFO"].startswith(API_KEY_PREFIXES):
        return RequestCode.KEY_REQUIRED
    return RequestCode.KEY_NOT_ACCEPTED_HERE if "HTTP_AUTHORIZATION" in environ else RequestCode.LOGIN_REQUIRED


def revoked_code(principal: Principal) -> ErrorCode | None:
    """The failure shown for a credential that is not accepted; None where no credential was sent.

    Why an API key or a display is not accepted is written to the audit log only.
    """
    match principal.revoked_reason:
        case None:
            return None
        case RevokedReason.SESSION_ENDED | RevokedReason.DISPLAY_REVOKED as reason:
            return reason
        case reason if reason.credential_kind is PrincipalKind.DISPLAY:
            return RequestCode.DISPLAY_REJECTED
    return RequestCode.KEY_REJECTED
