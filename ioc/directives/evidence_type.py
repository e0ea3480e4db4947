"""The type of a file by its content; the ending of its name must say the same."""

import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator, Mapping
from xml.parsers import expat

from data_sources.spreadsheet.zip_reader import list_members, unpack
from ioc.domain.directives.evidence import MAX_KB, EvidenceCode, EvidenceError, EvidenceType
from ioc.domain.ingest.packed import unpacked_limit
from ioc.domain.ingest.protocol import SourceError

_ENDINGS: Mapping[str, EvidenceType] = {**{each.value: each for each in EvidenceType}, "jpeg": EvidenceType.JPEG}
_SIGNATURES: Mapping[bytes, EvidenceType] = {
    b"%PDF-": EvidenceType.PDF, b"\x89PNG\r\n\x1a\n": EvidenceType.PNG, b"\xff\xd8\xff": EvidenceType.JPEG,
}  # fmt: skip
_ZIP = b"PK\x03\x04"
_LONGEST_SIGNATURE, _BLOCK_BYTES = 8, 65_536
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_MAIN_PARTS: Mapping[str, EvidenceType] = {  # of Office Open XML (ECMA-376)
    f"{_OPEN_XML}spreadsheetml.sheet.main+xml": EvidenceType.XLSX,
    f"{_OPEN_XML}wordprocessingml.document.main+xml": EvidenceType.DOCX,
}
_OPEN_DOCUMENT: Mapping[bytes, EvidenceType] = {  # content of the member "mimetype" (OpenDocument 1.3, part 2)
    b"application/vnd.oasis.opendocument.spreadsheet": EvidenceType.ODS,
    b"application/vnd.oasis.opendocument.text": EvidenceType.ODT,
}
_CONTENT_TYPES, _MIMETYPE = "[content_types].xml", "mimetype"
_MACRO_FOLDERS = ("basic/", "scripts/")  # of OpenDocument
_MACRO_WORDS = ("vbaproject", "macroenabled", "macrosheet")
_MAX_TYPES_BYTES = 256 * 1024
_TEXTS = frozenset({EvidenceType.CSV, EvidenceType.TXT})
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r"))


def require_type(name: str, body: bytes) -> EvidenceType:
    """The type of a file. EvidenceError where it is none of ours, has macros, or its name says another one."""
    expected = _ENDINGS.get(name.casefold().rpartition(".")[2]) if "." in name else None
    if expected is None:
        raise EvidenceError(EvidenceCode.FILE_TYPE)
    if len(body) > MAX_KB * 1024:
        raise EvidenceError(EvidenceCode.FILE_TOO_LARGE, limit=MAX_KB)
    is_same = _is_text(body) if expected in _TEXTS else _binary_type(body) is expected
    if not is_same:
        raise EvidenceError(EvidenceCode.FILE_CONTENT, extension=f".{expected.value}")
    return expected


def _binary_type(body: bytes) -> EvidenceType | None:
    if body.startswith(_ZIP):
        return _zipped_type(body)
    return next((each for signature, each in _SIGNATURES.items() if body.startswith(signature)), None)


def _is_text(body: bytes) -> bool:
    """Whether it is plain text in any encoding of one or two bytes. HTML and SVG are programs of a browser."""
    start = b""
    try:
        for block in _text_blocks(body):
            if len(block.translate(None, _CONTROLS)) < len(block):
                return False
            if len(start) < _LONGEST_SIGNATURE:
                start = (start + block).removeprefix(BOM_UTF8).lstrip()
    except UnicodeDecodeError:
        return False
    return bool(start) and not start.startswith((b"<", b"#!", *_SIGNATURES))


def _text_blocks(body: bytes) -> Iterator[bytes]:
    """Blocks of `body`, of UTF-16 as UTF-8: a call for all of it would keep other threads waiting."""
    is_wide = body.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    decoder = getincrementaldecoder("utf-16")()  # strict: to replace many halves takes long
    for at in range(0, len(body), _BLOCK_BYTES):
        block = body[at : at + _BLOCK_BYTES]
        yield decoder.decode(block, at + _BLOCK_BYTES >= len(body)).encode() if is_wide else block


def _zipped_type(body: bytes) -> EvidenceType | None:
    """By the types that the package states. Nothing else of it is unpacked."""
    try:
        members = list_members(body, unpacked_limit(body))
        by_name = {member.filename.casefold(): member for member in members}
        if len(by_name) < len(members):  # readers would differ in which one counts
            return None
        if any(name.startswith(_MACRO_FOLDERS) or "vbaproject" in name for name in by_name):
            raise EvidenceError(EvidenceCode.FILE_MACROS)
        if _CONTENT_TYPES in by_name:
            return _open_xml_type(body, by_name[_CONTENT_TYPES])
        is_open_document = members and members[0].filename == _MIMETYPE
        return _OPEN_DOCUMENT.get(_unpacked(body, members[0]).strip()) if is_open_document else None
    except SourceError as error:
        raise EvidenceError(EvidenceCode.FILE_UNREADABLE, cause=error.failure) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError):
        return None
    except EvidenceError:
        raise
    except Exception:  # noqa: BLE001 — zlib.error, struct.error and others that a broken zip raises
        return None


def _open_xml_type(body: bytes, types: zipfile.ZipInfo) -> EvidenceType | None:
    stated = _stated_types(_unpacked(body, types))
    if any(word in each.casefold() for each in stated for word in _MACRO_WORDS):
        raise EvidenceError(EvidenceCode.FILE_MACROS)
    found = {_MAIN_PARTS[each] for each in stated if each in _MAIN_PARTS}
    return found.pop() if len(found) == 1 else None


def _unpacked(body: bytes, member: zipfile.ZipInfo) -> bytes:
    """A small member. ValueError for a large one."""
    if member.file_size > _MAX_TYPES_BYTES:
        raise ValueError(member.filename)
    return b"".join(unpack(body, member))


def _stated_types(xml: bytes) -> set[str]:
    """The content types of the parts of a package. ValueError for what is no plain XML."""
    stated, parser = set[str](), expat.ParserCreate()

    def start(_name: str, attributes: dict[str, str]) -> None:
        stated.add(attributes.get("ContentType", ""))

    def doctype(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise ValueError("broken XML") from None
    return stated
