"""Codes of failures in reading a watched folder, on this machine or over SFTP."""

from ioc.domain.base.failure import ErrorCode


class FilesCode(ErrorCode):
    """Why a watched folder or a file of it cannot be read. Texts: components/messages/errors/files.toml."""

    FOLDER_NOT_ACCESSIBLE = "files.folder_not_accessible"
    FOLDER_NOT_LISTED = "files.folder_not_listed"  # cause: of the system
    NO_FILE = "files.no_file"  # glob
    NO_RECENT_FILE = "files.no_recent_file"  # name_form, hours
    TOO_MANY_FILES = "files.too_many_files"  # limit
    FILE_TOO_LARGE = "files.file_too_large"  # mebibytes
    SFTP_HOST_KEY_MISMATCH = "files.sftp_host_key_mismatch"  # host
    SFTP_LOGIN_REFUSED = "files.sftp_login_refused"
    SFTP_FOLDER_UNREADABLE = "files.sftp_folder_unreadable"  # host; external: the server's message
    SFTP_NOT_CONNECTED = "files.sftp_not_connected"  # host, cause: of the system
    SFTP_PROTOCOL_ERROR = "files.sftp_protocol_error"  # host; external: the SSH library's message
    SFTP_PASSWORD_IN_ADDRESS = "files.sftp_password_in_address"
    SFTP_INCOMPLETE = "files.sftp_incomplete"
    SFTP_KEY_UNREADABLE = "files.sftp_key_unreadable"
