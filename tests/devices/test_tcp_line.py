import time

import pytest
import serial

from devices.tcp_line import TcpLine


def read(line: TcpLine, count: int) -> bytes:
    data, deadline_s = b"", time.monotonic() + 5
    while len(data) < count and time.monotonic() < deadline_s:
        data += line.read(0.1)
    return data


def test_peers_come_and_go():
    with TcpLine() as line:
        assert line.write(b"nobody") == 0
        for _ in range(2):
            with serial.serial_for_url(line.port, timeout=1) as peer:
                peer.write(b"hello")
                assert read(line, 5) == b"hello"
                assert line.connected
                line.write(b"world")
                assert peer.read(5) == b"world"
            deadline_s = time.monotonic() + 5
            while line.connected and time.monotonic() < deadline_s:
                line.read(0.01)
            assert not line.connected
        assert line.dropped_bytes == 6


def test_a_second_peer_is_turned_away():
    with TcpLine() as line, serial.serial_for_url(line.port, timeout=1) as first:
        line.read(0.05)
        with serial.serial_for_url(line.port, timeout=1) as second:
            line.read(0.05)
            with pytest.raises(serial.SerialException):
                second.read(1)
        first.write(b"still here")
        assert read(line, 10) == b"still here"


def test_a_peer_that_does_not_read_cannot_block_the_writer():
    with TcpLine() as line, serial.serial_for_url(line.port):
        line.read(0.05)
        sent = 0
        for _ in range(64):
            sent += line.write(bytes(1 << 18))
        assert 0 < sent < 64 << 18
        assert line.dropped_bytes == (64 << 18) - sent


def test_reading_waits_no_longer_than_asked():
    with TcpLine() as line:
        begun_s = time.monotonic()
        assert line.read(0.05) == b""
        assert time.monotonic() - begun_s > 0.045
    assert line.read(0.05) == b""
    assert line.write(b"x") == 0
    line.close()
