"""Small files of every type that an act may carry, and files that only look like one."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from ioc.domain.directives.evidence import EvidenceType

_OPEN_XML = "application/vnd.openxmlformats-officedocument."
SHEET, DOCUMENT = f"{_OPEN_XML}spreadsheetml.sheet.main+xml", f"{_OPEN_XML}wordprocessingml.document.main+xml"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 30


def zipped(*members: tuple[str, bytes], stored: str = "") -> bytes:
    """A zip file; the member `stored` is not compressed."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, body in members:
            archive.writestr(name, body, ZIP_STORED if name == stored else ZIP_DEFLATED)
    return out.getvalue()


def open_xml(*types: str, more: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """An Office Open XML package whose parts have these types."""
    parts = "".join(f'<Override PartName="/p{n}.xml" ContentType="{each}"/>' for n, each in enumerate(types))
    return zipped(("[Content_Types].xml", f"<Types>{parts}</Types>".encode()), ("p0.xml", b"<x/>"), *more)


def open_document(kind: str, *more: tuple[str, bytes]) -> bytes:
    """An OpenDocument package."""
    media_type = f"application/vnd.oasis.opendocument.{kind}".encode()
    return zipped(("mimetype", media_type), ("content.xml", b"<x/>"), *more, stored="mimetype")


SAMPLES: dict[EvidenceType, bytes] = {
    EvidenceType.PDF: PDF, EvidenceType.PNG: PNG, EvidenceType.JPEG: JPEG,
    EvidenceType.XLSX: open_xml(SHEET), EvidenceType.DOCX: open_xml(DOCUMENT),
    EvidenceType.ODS: open_document("spreadsheet"), EvidenceType.ODT: open_document("text"),
    EvidenceType.CSV: "xã;số\r\nAn Bình;3\r\n".encode("utf-8-sig"), EvidenceType.TXT: "Biên bản".encode("utf-16"),
}  # fmt: skip
