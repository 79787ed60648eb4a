"""The tables of ``docs/protocol.md`` are those of the program."""

import re
from pathlib import Path

import pytest

from devices.exoskeleton import controller, encoding, motion
from devices.exoskeleton.command import Command
from devices.exoskeleton.framing import MAX_BODY_BYTES
from devices.exoskeleton.link_state import LINK_STATES, LinkInput, LinkState
from devices.exoskeleton.messages import HelloCause
from devices.exoskeleton.postures import (
    DURATION_S,
    RESUMPTION,
    TRANSITIONS,
    Fault,
    Happening,
    Posture,
    Reason,
)

TEXT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def table(*first_header_cells: str) -> list[list[str]]:
    """Rows of the table whose header begins with these cells, without the header."""
    lines = iter(TEXT.splitlines())
    rows: list[list[str]] = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells[: len(first_header_cells)] == [*first_header_cells]:
            next(lines)
            for row in lines:
                if not row.startswith("|"):
                    return rows
                rows.append(
                    [
                        cell.strip()
                        for cell in row.strip().removeprefix("|").removesuffix("|").split("|")
                    ]
                )
    raise AssertionError(f"no table begins with {first_header_cells}")


def test_postures():
    rows = table("code", "posture")
    assert [(int(code), name) for code, name, *_ in rows] == [(p.value, p.name) for p in Posture]
    ends = {p.name: TRANSITIONS[p][Happening.DONE].name for p in DURATION_S}
    assert {name: end for _, name, _, end in rows if end} == ends


def test_transitions():
    columns = [
        (Command.STOP,),
        (Command.STAND,),
        (Command.SIT,),
        (Command.WALK,),
        (Command.TURN_LEFT, Command.TURN_RIGHT),
        (Happening.DONE,),
        (Happening.REST,),
        (Happening.EMERGENCY_STOP,),
        (Happening.FAULT,),
    ]
    rows = table("posture", "STOP")
    assert [name for name, *_ in rows] == [posture.name for posture in Posture]
    for name, *cells in rows:
        for keys, cell in zip(columns, cells, strict=True):
            for key in keys:
                outcome = TRANSITIONS[Posture[name]].get(key)
                if outcome is None:
                    assert cell == ""
                elif isinstance(outcome, Reason):
                    assert cell == f"*{outcome.name}*"
                else:
                    assert cell == outcome.name


def test_resumption():
    rows = dict(table("caught in"))
    assert rows == {caught.name: resumed.name for caught, resumed in RESUMPTION.items()}


def test_codes():
    commands = [(int(code), name) for code, name in table("code", "command")]
    assert commands == [(command.value, command.name) for command in Command]
    reasons = [(int(code), name) for code, name, _ in table("code", "reason")]
    assert reasons == [(reason.value, reason.name) for reason in Reason]
    for cause in HelloCause:
        assert f"{cause.value} {cause.name}" in TEXT
    for fault in list(Fault):
        assert f"{fault.value.bit_length() - 1} {fault.name}" in TEXT


@pytest.mark.parametrize("side", [0, 1])
def test_messages(side):
    sizes = {
        kind.__name__: (code, 1 + fields.size) for kind, (code, fields) in encoding._FIELDS.items()
    }
    parts = TEXT.split("### From the ")[1 + side].splitlines()
    rows = [line.strip("|").split("|") for line in parts if line.startswith("| 0x")]
    found = {row[1].strip(): (int(row[0], 16), int(row[3])) for row in rows}
    assert found == {name: v for name, v in sizes.items() if (v[0] >= 0x80) == bool(side)}


def test_link_states():
    inputs = {
        "opened": LinkInput.OPENED,
        "welcomed": LinkInput.WELCOMED,
        "version refused": LinkInput.VERSION_REFUSED,
        "silent": LinkInput.SILENT,
        "session lost": LinkInput.SESSION_LOST,
        "port lost": LinkInput.LOST,
    }
    assert set(inputs.values()) == set(LinkInput)
    rows = table("state", *inputs)
    assert [name for name, *_ in rows] == [state.name for state in LinkState]
    for name, *cells in rows:
        for happened, cell in zip(inputs.values(), cells, strict=True):
            outcome = LINK_STATES[LinkState[name]].get(happened)
            assert cell == ("" if outcome is None else outcome.name)


def test_numbers():
    assert f"1 to {MAX_BODY_BYTES} bytes" in TEXT
    assert f"`command_lifetime_ms` is {controller.COMMAND_LIFETIME_S * 1e3:g}" in TEXT
    limits_ms = (controller.SHORTEST_TIMEOUT_S * 1e3, controller.LONGEST_TIMEOUT_S * 1e3)
    assert "limited to {:g} … {:g} ms".format(*limits_ms) in TEXT
    assert f"within {motion.HALT_S:g} s, and hold it there" in TEXT
    assert {
        DURATION_S[p] for p in (Posture.STANDING_UP, Posture.SITTING_DOWN, Posture.TURNING)
    } == {3.0}
    assert DURATION_S[Posture.STEPPING] == 1.0
    assert re.search(r"3\.0 s for STANDING_UP, SITTING_DOWN and TURNING, 1\.0 s for STEPPING", TEXT)
