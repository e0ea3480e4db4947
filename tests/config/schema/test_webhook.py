"""webhooks.yaml: addresses of systems, each guarded as those of sources are."""

from pathlib import Path

import pytest

from ioc.config.errors import ConfigCode
from ioc.config.loading import load_webhooks
from ioc.config.row_codes import RowCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.directives.webhook import Webhook
from tests.config.folders import load_faults, load_folder, write

GOOD = """\
- system: qlvb
  address: https://qlvb.example.test/su-kien?loai=1
  secret: ${QLVB_SECRET}
- {system: kho, address: "http://10.1.2.3:8080/nhan", secret: "${KHO}", private: true}
"""


def write_webhooks(folder: Path, text: str) -> Path:
    written = write(folder)
    (written / "webhooks.yaml").write_text(text)
    return written


def test_file_names_an_address_for_each_system(tmp_path: Path) -> None:
    assert load_folder(write(tmp_path)).webhooks == {}
    folder = write_webhooks(tmp_path, GOOD)
    assert load_folder(folder).webhooks == load_webhooks(folder) == {
        "qlvb": Webhook("qlvb", "https://qlvb.example.test/su-kien?loai=1", "QLVB_SECRET"),
        "kho": Webhook("kho", "http://10.1.2.3:8080/nhan", "KHO", may_be_private=True),
    }  # fmt: skip
    assert load_folder(folder).webhooks["kho"].host == "10.1.2.3:8080"


@pytest.mark.parametrize(("before", "after", "code"), [
    ("https://qlvb.example.test", "https://10.0.0.7", RowCode.PRIVATE_ADDRESS),
    ("https://qlvb.example.test", "https://0x7f000001", RowCode.PRIVATE_ADDRESS),
    ("https://qlvb.example.test", "https://localhost:8050", RowCode.PRIVATE_ADDRESS),
    ("https://qlvb.example.test", "http://qlvb.example.test", RowCode.ADDRESS_NOT_HTTPS),
    ("https://qlvb.example.test", "ftp://qlvb.example.test", RowCode.ADDRESS_NOT_WEB),
    ("https://qlvb.example.test", "https://${HOST}", RowCode.ADDRESS_NOT_WEB),
    ("https://qlvb.example.test", "https://a:b@qlvb.example.test", RowCode.ADDRESS_PASSWORD),
    ("${QLVB_SECRET}", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", RowCode.SECRET_IN_FILE),
    ("secret: ${QLVB_SECRET}", "secret: ''", ConfigCode.TOO_SHORT),
    ("  secret: ${QLVB_SECRET}\n", "", ConfigCode.KEY_MISSING),
    ("system: kho", "system: qlvb", ConfigCode.KEY_TAKEN),
])  # fmt: skip
def test_faults_have_their_place_and_no_secret(tmp_path: Path, before: str, after: str, code: ErrorCode) -> None:
    (fault,) = load_faults(write_webhooks(tmp_path, GOOD.replace(before, after)))
    assert fault.failure.code == code and "MfKQ9" not in str(fault)
