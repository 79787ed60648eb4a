import errno
import os
import threading
import time
from types import SimpleNamespace

import pytest
import serial

from devices.errors import DeviceError
from devices.pseudo_terminal import PseudoTerminal, pseudo_terminals_available
from devices.serial_port import WRITE_WITHIN_S, SerialPort, list_ports
from devices.tcp_line import TcpLine

EVERY_BYTE = bytes(range(256))

lines = pytest.mark.parametrize(
    "make_line",
    [
        pytest.param(
            PseudoTerminal,
            marks=pytest.mark.skipif(
                not pseudo_terminals_available(), reason="no pseudo-terminals"
            ),
        ),
        TcpLine,
    ],
)


def read_all(end, count: int) -> bytes:
    data, deadline_s = b"", time.monotonic() + 5
    while len(data) < count and time.monotonic() < deadline_s:
        data += end.read(0.1)
    return data


@lines
def test_every_byte_value_passes_both_ways(make_line):
    with make_line() as line, SerialPort(line.port) as port:
        port.write(EVERY_BYTE)
        assert read_all(line, 256) == EVERY_BYTE
        line.write(EVERY_BYTE)
        assert read_all(port, 256) == EVERY_BYTE


@lines
def test_reading_waits_as_long_as_asked_and_no_longer_than_the_first_byte(make_line):
    with make_line() as line, SerialPort(line.port) as port:
        line.read(0.01)
        begun_s = time.monotonic()
        assert port.read(0.05) == b""
        assert time.monotonic() - begun_s > 0.045
        later = threading.Timer(0.05, line.write, [b"x"])
        later.start()
        assert port.read(10.0) == b"x"
        later.join()


@lines
def test_a_device_that_goes_away_is_an_error_that_says_what_to_do(make_line):
    with make_line() as line, SerialPort(line.port) as port:
        line.read(0.01)
        line.close()
        with pytest.raises(DeviceError, match=r"reading from .* unplugged .* plug it in again"):
            port.read(1.0)


def test_loop_and_other_ports_without_a_descriptor_are_read_too():
    with SerialPort("loop://") as port:
        assert port.read(0.02) == b""
        port.write(EVERY_BYTE)
        assert read_all(port, 256) == EVERY_BYTE


@pytest.mark.skipif(not pseudo_terminals_available(), reason="no pseudo-terminals")
def test_writing_to_somebody_who_does_not_read_fails():
    with (
        PseudoTerminal() as line,
        SerialPort(line.port) as port,
        pytest.raises(DeviceError, match="nobody reads at its other end"),
    ):
        port.write(bytes(1 << 20))


@pytest.mark.skipif(not pseudo_terminals_available(), reason="no pseudo-terminals")
def test_a_writer_that_was_kept_waiting_for_a_processor_has_not_failed(monkeypatch):
    clock = SimpleNamespace(now_s=0.0, monotonic=lambda: clock.now_s)
    monkeypatch.setattr("devices.serial_port.time", clock)
    with PseudoTerminal() as line, SerialPort(line.port) as port:
        write = port._port.write

        def slow_write(data):
            taken = write(data[:3])
            clock.now_s += WRITE_WITHIN_S * 1.5
            return taken

        monkeypatch.setattr(port._port, "write", slow_write)
        port.write(b"in three goes")
        assert read_all(line, 13) == b"in three goes"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_does_not_keep_a_closed_port_busy():
    with PseudoTerminal() as line:
        port = SerialPort(line.port)
        twin = os.dup(port._port.fileno())  # what a forked child has
        port.close()
        SerialPort(line.port).close()
        os.close(twin)


@pytest.mark.skipif(not pseudo_terminals_available(), reason="no pseudo-terminals")
def test_a_port_in_use_is_seen():
    with (
        PseudoTerminal() as line,
        SerialPort(line.port),
        pytest.raises(DeviceError, match="in use by another program"),
    ):
        SerialPort(line.port)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/dev/no-such-port", "there is no port /dev/no-such-port: plug the device in"),
        ("/dev/null", "/dev/null is no serial port"),
        ("/tmp", "/tmp is no serial port"),
        ("socket://127.0.0.1:1", "nothing answers at socket://127.0.0.1:1"),
        ("socket://nowhere", "nothing answers at socket://nowhere"),
        ("carrier-pigeon://loft", "is no address of a port"),
    ],
)
def test_what_is_no_port_is_refused_with_what_to_do(url, words):
    with pytest.raises(DeviceError, match=words):
        SerialPort(url)


@pytest.mark.skipif(not pseudo_terminals_available(), reason="no pseudo-terminals")
@pytest.mark.parametrize("baud", [-1, 1 << 40])
def test_a_speed_that_is_none_is_refused(baud):
    with PseudoTerminal() as line, pytest.raises(DeviceError, match="no serial port"):
        SerialPort(line.port, baud)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (serial.SerialException(errno.EACCES, "denied"), "usermod -aG dialout"),
        (serial.SerialException("could not open port: PermissionError(13)"), "in use by another"),
        (serial.SerialException("could not open port: FileNotFoundError(2)"), "there is no port"),
    ],
)
def test_errors_of_other_platforms_are_understood(monkeypatch, error, words):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(serial, "serial_for_url", fail)
    with pytest.raises(DeviceError, match=words):
        SerialPort("COM9")


def test_ports_of_this_machine_have_names():
    assert all(port.name and isinstance(port.description, str) for port in list_ports())
