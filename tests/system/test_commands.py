"""`python app.py …`: start, end, refusals, and commands that need no running program."""

import json
import re
import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.system.program import Program, command, invoke, until

pytestmark = pytest.mark.slow


def test_ctrl_c_ends_every_child(quick_config: Path, tmp_path: Path) -> None:
    program = Program(tmp_path / "data", IOC_CONFIG=str(quick_config))
    try:
        program.start()
        assert all(program.child(role) for role in ("simulate", "poll", "web", "work"))
        second = command(tmp_path / "data", "run", IOC_CONFIG=str(quick_config), PORT="18999")
        assert second.returncode == 1 and "đã chạy trên thư mục" in second.stderr
        before = len(program.log)  # a busy machine may have been late to poll a source
        assert program.stop(signal.SIGINT) == 0
        assert "Traceback" not in program.log and "is lost" not in program.log[before:]
        with pytest.raises(OSError):
            program.ask("/healthz")
    finally:
        program.kill_all()


def test_children_end_when_the_supervisor_is_killed(quick_config: Path, tmp_path: Path) -> None:
    program = Program(tmp_path / "data", IOC_CONFIG=str(quick_config))
    try:
        program.start()
        program.kill_parent()
        until(lambda: not program.processes(), 10, "every child has ended with its parent")
    finally:
        program.kill_all()


def test_a_paused_poller_ends_with_its_killed_supervisor_and_the_next_run_polls(
    quick_config: Path, tmp_path: Path
) -> None:
    program = Program(tmp_path / "data", IOC_CONFIG=str(quick_config))
    try:
        program.start()
        paused = program.signal("poll", signal.SIGSTOP)
        program.kill_parent()
        until(lambda: not program.processes(), 10, "every child has ended with its parent")
        program.start()
        assert program.child("poll") not in (0, paused)
        assert program.stop() == 0
    finally:
        program.kill_all()


def test_run_prints_its_addresses_and_needs_no_login_on_loopback(centre: Program) -> None:
    assert f"{centre.base}/\n" in centre.log and f"{centre.base}/tuong\n" in centre.log
    assert "Traceback" not in centre.log and "ERROR" not in centre.log


def test_a_port_in_use_is_named(quick_config: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        result = command(tmp_path / "data", "run", IOC_CONFIG=str(quick_config), PORT=port)
    assert result.returncode == 1
    assert port in result.stderr and "đang được dùng" in result.stderr
    assert "Traceback" not in result.stderr


def test_address_of_another_machine_is_reported(quick_config: Path, tmp_path: Path) -> None:
    result = command(
        tmp_path / "data", "run", "--lang", "en", IOC_CONFIG=str(quick_config), HOST="192.0.2.7", IOC_PLAIN_HTTP="x"
    )
    assert result.returncode == 1 and "192.0.2.7 is no address of this machine" in result.stderr, result.stderr


SPOILT = {
    "sources.yaml": [("protocol: open_meteo", "protocol: open_metoe"), ("every: 5s", "evry: 5s")],
    "city.yaml": [("\noverview:", "\noverveiw:")],
}


@pytest.mark.parametrize("word", ["run", "check"])
def test_all_configuration_faults_are_reported_at_once(copied: Path, tmp_path: Path, word: str) -> None:
    wrong = []
    for name, changes in SPOILT.items():
        text = (copied / name).read_text("utf-8")
        for sound, spoilt in changes:
            assert sound in text
            text = text.replace(sound, spoilt, 1)
            wrong.append((name, text[: text.index(spoilt.strip())].count("\n") + 1, spoilt.split()[-1]))
        (copied / name).write_text(text, "utf-8")
    result = command(tmp_path / "data", word, IOC_CONFIG=str(copied))
    assert result.returncode == 2, result.stderr
    for name, line, _ in wrong:
        assert re.search(rf"{re.escape(name)}:{line}\b", result.stderr), (name, line, result.stderr)
    assert "open_meteo" in result.stderr and "every" in result.stderr and "overview" in result.stderr, result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "data").exists()


def test_all_settings_faults_are_reported_at_once(tmp_path: Path) -> None:
    result = command(
        tmp_path / "data", "run", PORT="80801", PROFILE="dmo", IOC_CONFIG=str(tmp_path / "none"), IOC_DATTA="x"
    )
    assert result.returncode == 2
    for word in ("PORT=80801", "PROFILE=dmo", "IOC_CONFIG=", "IOC_DATTA", "IOC_DATA"):
        assert word in result.stderr, result.stderr


@pytest.mark.parametrize("words", [("fault", "sim-water"), ("check", "more")])
def test_a_wrong_number_of_words_is_reported(words: tuple[str, ...], tmp_path: Path) -> None:
    result = invoke(tmp_path / "data", *words)
    assert result.returncode == 2
    assert words[0] in result.stderr and "Traceback" not in result.stderr


def test_check_prints_counts(tmp_path: Path) -> None:
    result = invoke(tmp_path / "data", "check", PROFILE="cantho")
    assert result.returncode == 0, result.stderr
    assert re.search(r"tốt\. \d+ nguồn \(\d+ đang bật\), \d+ chuỗi số liệu, \d+ chỉ số", result.stdout)
    result = invoke(tmp_path / "data", "check", "--lang", "en", PROFILE="cantho")
    assert re.search(r"good\. \d+ sources \(\d+ on\), \d+ series, \d+ KPIs", result.stdout)
    assert not (tmp_path / "data").exists()


def test_schema_writes_one_schema_for_each_file(tmp_path: Path) -> None:
    result = invoke(tmp_path / "data", "schema", str(tmp_path / "schemas"))
    assert result.returncode == 0, result.stderr
    written = sorted((tmp_path / "schemas").glob("*.json"))
    assert {"sources.yaml.schema.json", "kpis.yaml.schema.json"} <= {path.name for path in written}
    assert all("$defs" in json.loads(path.read_text("utf-8")) for path in written)


def test_try_prints_accepted_readings_and_stores_nothing(centre: Program) -> None:
    simulator = (centre.data / "simulator.address").read_text()
    empty = centre.data.parent / "tried"
    result = invoke(empty, "try", "sim-security", SIMULATOR=simulator)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("nhận 4, lặp 0, loại 0\n") and "security-open" in result.stdout
    assert "+07:00" in result.stdout
    assert not empty.exists()


def test_try_prints_rejected_items(centre: Program) -> None:
    simulator = (centre.data / "simulator.address").read_text()
    centre.fault("sim-tourism", "wrong-clock")
    try:
        result = invoke(centre.data.parent / "tried", "try", "sim-tourism", SIMULATOR=simulator)
        assert re.search(r"^nhận 0, lặp 0, loại 1\n", result.stdout), result.stdout
        assert re.search(r"loại .+: thời điểm nằm ở tương lai: .+", result.stdout.split("\n", 1)[1])
        centre.fault("sim-tourism", "html")
        result = invoke(centre.data.parent / "tried", "try", "sim-tourism", SIMULATOR=simulator)
        assert result.returncode == 1
        assert "sim-tourism: không lấy được gì: câu trả lời là trang web" in result.stdout
    finally:
        centre.fault("sim-tourism", "ok")


def test_try_of_an_unknown_source_names_the_known_ones(tmp_path: Path) -> None:
    result = invoke(tmp_path / "data", "try", "sim-watr")
    assert result.returncode == 2 and "sim-water" in result.stderr


def test_a_wrong_fault_is_explained(centre: Program) -> None:
    for words, part in (
        (("sim-nothing", "dwn"), "sim-water"),
        (("sim-water", "dwn"), "wrong-clock"),
        (("sim-figures", "slow"), "garbage"),
        (("sim-water", "down", "soon"), "soon"),
        (("sim-water", "down", "-5"), "-5"),
        (("sim-water", "down", "nan"), "nan"),
        (("sim-water", "down", "1e9"), "86400"),
    ):
        result = invoke(centre.data, "fault", *words)
        assert result.returncode == 1 and part in result.stderr and "Traceback" not in result.stderr, result


def test_fault_reports_success_or_a_city_that_does_not_answer(centre: Program, tmp_path: Path) -> None:
    result = invoke(centre.data, "fault", "sim-press", "ok")
    assert result.returncode == 0 and "sim-press: hết lỗi" in result.stdout
    nowhere = invoke(tmp_path / "data", "fault", "sim-press", "ok", SIMULATOR="http://127.0.0.1:9")
    assert nowhere.returncode == 1 and "không trả lời" in nowhere.stderr


def test_a_refused_source_is_polled_again_by_repoll(centre: Program) -> None:
    source = "sim-press"
    centre.fault(source, "401")
    assert invoke(centre.data, "repoll", source).returncode == 0  # so that its interval need not be waited for
    until(lambda: centre.sources()[source]["state"] == "refused", 30, "the source refuses us")
    page = centre.ask("/live/sources")[2].decode()
    assert "quản trị hệ thống cho hỏi lại" in page
    centre.fault(source, "ok")
    result = invoke(centre.data, "repoll", source)
    assert result.returncode == 0 and "sẽ được hỏi lại" in result.stdout, result
    assert invoke(centre.data, "repoll", source).returncode == 0
    until(lambda: centre.sources()[source]["state"] == "live", 30, "the source is back")
    result = invoke(centre.data, "repoll", source, "--lang", "en")
    assert result.returncode == 0 and "is not stopped (state: live)" in result.stdout
    unknown = invoke(centre.data, "repoll", "sim-pres")
    assert unknown.returncode == 2 and "sim-press" in unknown.stderr


def test_repoll_without_a_store_asks_to_start_the_program(tmp_path: Path) -> None:
    result = invoke(tmp_path / "data", "repoll", "sim-press")
    assert result.returncode == 1 and "make run" in result.stderr and not (tmp_path / "data").exists()


def test_a_store_of_a_newer_program_is_not_opened(tmp_path: Path, quick_config: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with sqlite3.connect(data / "ioc.db") as conn:
        conn.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        conn.execute("INSERT INTO alembic_version VALUES ('9999')")
    conn.close()
    result = command(data, "run", IOC_CONFIG=str(quick_config))
    assert result.returncode == 1
    assert "phiên bản mới hơn" in result.stderr and "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, quick_config: Path) -> None:
    result = command(Path("/proc/ioc"), "run", IOC_CONFIG=str(quick_config), seconds=30)
    assert result.returncode == 2
    assert "/proc/ioc" in result.stderr and "Traceback" not in result.stderr
