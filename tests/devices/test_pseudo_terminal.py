import os
import threading
import time

import pytest
import serial

from devices.pseudo_terminal import PseudoTerminal, pseudo_terminals_available

pytestmark = pytest.mark.skipif(
    not pseudo_terminals_available(), reason="this platform has no pseudo-terminals"
)

EVERY_BYTE = bytes(range(256))


def test_every_byte_value_passes_unchanged_both_ways():
    with PseudoTerminal() as line, serial.Serial(line.port, timeout=1) as peer:
        line.write(EVERY_BYTE)
        assert peer.read(256) == EVERY_BYTE
        peer.write(EVERY_BYTE)
        assert line.read(timeout_s=1) == EVERY_BYTE


def test_reading_waits_no_longer_than_asked():
    with PseudoTerminal() as line:
        begun_s = time.monotonic()
        assert line.read(timeout_s=0.05) == b""
        assert time.monotonic() - begun_s > 0.045
        with serial.Serial(line.port):
            begun_s = time.monotonic()
            assert line.read(timeout_s=0.05) == b""
            assert time.monotonic() - begun_s > 0.045


def test_a_byte_ends_the_waiting_even_when_the_port_is_opened_late():
    with PseudoTerminal() as line:

        def call() -> None:
            with serial.Serial(line.port) as peer:
                peer.write(b"x")

        caller = threading.Timer(0.05, call)
        caller.start()
        assert line.read(timeout_s=10) == b"x"
        caller.join()


def test_connected_follows_the_peer():
    with PseudoTerminal() as line:
        assert not line.connected
        with serial.Serial(line.port):
            assert line.connected
        assert not line.connected
        with serial.Serial(line.port):
            assert line.connected


def test_what_nobody_hears_is_dropped_and_never_reaches_a_later_peer():
    with PseudoTerminal() as line:
        assert line.write(b"nobody") == 0
        with serial.Serial(line.port):
            line.write(b"unread")
        assert line.write(b"nobody") == 0
        with serial.Serial(line.port, timeout=1) as peer:
            line.write(b"fresh")
            assert peer.read(5) == b"fresh"
            peer.timeout = 0
            assert peer.read(100) == b""
        assert line.dropped_bytes == 12


def test_a_peer_that_does_not_read_cannot_block_the_writer():
    with PseudoTerminal() as line, serial.Serial(line.port):
        sent = sum(line.write(bytes(1024)) for _ in range(256))
        assert 0 < sent < 256 * 1024
        assert line.dropped_bytes == 256 * 1024 - sent


def test_closing_unplugs_the_peer_and_may_be_done_twice():
    line = PseudoTerminal()
    with serial.Serial(line.port, timeout=1) as peer:
        line.close()
        line.close()
        with pytest.raises(serial.SerialException):
            peer.read(1)
    assert line.read(timeout_s=0) == b""
    assert line.write(b"x") == 0
    assert not os.path.exists(line.port)  # noqa: PTH110 - a device, not a path of ours


def test_one_thread_reads_while_another_writes():
    with PseudoTerminal() as terminal:
        peer = os.open(terminal.port, os.O_RDWR | os.O_NOCTTY)
        reader = threading.Thread(target=terminal.read, args=(0.3,))
        reader.start()
        while reader.is_alive():
            terminal.write(b"x")
        reader.join()
        os.close(peer)
