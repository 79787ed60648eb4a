"""What docs/security.md says: nothing listens to the world, no name leads out of its folder."""

import ast
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bci_app.errors import BciAppError
from bci_app.recordings.bids import BidsLabels
from bci_app.runtime.subjects import SubjectSession
from devices.tcp_line import TcpLine

ROOT = Path(__file__).parents[1]
PRODUCT = [
    path
    for package in ("bci_app", "devices", "calibration")
    for path in (ROOT / package).rglob("*.py")
]
# The simulator's line on loopback; and processes that a comparison shares its work with, by pipes.
ALLOWED = {"devices/tcp_line.py", "bci_app/cli/compare.py"}

NAMES = st.text(max_size=12) | st.sampled_from(
    ["..", "../x", "/etc/x", "a/b", "a\\b", "C:x", "x\0y", "01\n", "", ".", "~", "ﬁ", "٣"]
)


def test_the_simulator_s_line_is_heard_on_this_machine_alone():
    with TcpLine() as line:
        port = int(line.port.rpartition(":")[2])
        assert line.port == f"socket://127.0.0.1:{port}"
        with (
            socket.socket() as elsewhere,
            pytest.raises(ConnectionRefusedError),
        ):
            # The whole of 127/8 is this machine: another address of it stands for another way in.
            elsewhere.connect(("127.0.0.2", port))


def test_no_other_module_can_listen():
    can_listen = {"asyncio", "http", "multiprocessing", "socket", "socketserver", "xmlrpc"}
    importing = set()
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                if any(n.partition(".")[0] in can_listen or "QtNetwork" in n for n in names):
                    importing.add(str(path.relative_to(ROOT)))
    assert importing == ALLOWED


@given(NAMES, NAMES)
def test_a_subject_s_files_stay_in_the_folder(subject, session):
    root = Path("/study")
    try:
        visit = SubjectSession(root, subject, session)
    except BciAppError as error:
        assert "expected" in str(error)  # noqa: PT017
        return
    for path in (visit.folder, visit.profile):
        assert path.resolve().is_relative_to(root)
        assert path.relative_to(root).parts[:2] == (f"sub-{subject}", f"ses-{session}")


@given(NAMES)
def test_labels_of_bids_are_letters_and_digits(label):
    try:
        accepted = BidsLabels(subject=label)
    except BciAppError as error:
        assert "expected" in str(error)  # noqa: PT017
        return
    assert accepted.subject.isascii()
    assert accepted.subject.isalnum()
