"""The reference firmware in C against the simulated unit, byte by byte."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from devices.exoskeleton.framing import encode_frame
from devices.led_unit.messages import Configure, Darken, Done, Hello, Ping, Release, Start, encode
from devices.led_unit.unit import Unit

SOURCES = Path(__file__).parents[3] / "devices" / "firmware" / "led_unit"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    if COMPILER is None:
        pytest.skip("no C compiler (apt install gcc libc6-dev)")
    target = tmp_path_factory.mktemp("firmware") / "on_a_desk"
    options = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic", "-O1"]
    subprocess.run(
        [COMPILER, *options, "-o", target, SOURCES / "led_unit.c", SOURCES / "on_a_desk.c"],
        check=True,
    )
    return target


class Both:
    """The two units, asked the same."""

    def __init__(self, program, n_leds=8):
        self.unit = Unit(n_leds)
        self.process = subprocess.Popen(
            [program, str(n_leds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(5) == 0
        self.process.stdout.close()

    def _ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()[1:]

    def receive(self, data, now_us):
        answer = "".join(self._ask(f"R {now_us} {data.hex()}"))
        assert answer == self.unit.receive(data, now_us).hex()

    def press(self, now_us):
        assert "".join(self._ask(f"S {now_us}")) == self.unit.press_stop(now_us).hex()

    def look(self, now_us):
        levels = [int(level) for level in self._ask(f"L {now_us}")]
        self.unit.advance(now_us)
        assert levels == [self.unit.level(k, now_us) for k in range(self.unit.n_leds)]
        return levels


def frame(message):
    return encode_frame(encode(message))


def test_a_session(program):
    with Both(program, 5) as both:
        both.receive(frame(Hello(1)), 0)
        for led in range(6):
            both.receive(
                frame(Configure(led, led, 9000 + 2000 * led, 1000 * led, 5000, 9999 - led)), 10
            )
        both.receive(frame(Start(9)), 1_000_000)
        seen = {tuple(both.look(1_000_000 + 977 * k)) for k in range(500)}
        assert len(seen) > 10
        both.receive(frame(Ping(0)), 1_500_000)
        both.receive(frame(Darken(10)), 1_600_000)
        both.look(1_600_001)


def test_silence_and_the_button(program):
    with Both(program) as both:
        both.receive(frame(Configure(0, 0, 10_000, 0, 10_000, 5000)), 0)
        both.receive(frame(Start(0)), 256)
        assert both.look(1_000_256)[0] == 5000
        assert both.look(1_000_257)[0] == 0
        both.receive(frame(Start(1)), 2_000_000)
        both.press(2_000_100)
        both.look(2_000_101)
        both.receive(frame(Start(2)), 2_000_200)
        both.receive(frame(Ping(256)), 2_000_300)
        both.receive(frame(Release(3)), 2_000_400)
        both.receive(frame(Start(4)), 2_000_500)
        assert both.look(2_000_600)[0] == 5000


def test_exact_after_a_year(program):
    year_us = 365 * 24 * 3600 * 1_000_000
    with Both(program) as both:
        both.receive(frame(Configure(0, 0, 99_999, 1234, 5000, 10_000)), 0)
        both.receive(frame(Start(0)), 17)
        for k in range(300):
            now_us = year_us + 1777 * k
            both.receive(frame(Start(0)) if k == 0 else frame(Ping(k)), now_us)
            both.look(now_us + 900)


def test_noise_does_nothing_else(program):
    rng = np.random.default_rng(7)
    good = [
        frame(message)
        for message in (Hello(1), Configure(1, 0, 9000, 0, 5000, 10), Start(2), Ping(3), Done(4, 5))
    ]
    with Both(program) as both:
        for now_us in range(0, 600_000, 1000):
            data = bytearray(good[rng.integers(len(good))])
            kind = rng.integers(4)
            if kind == 0:
                data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
            elif kind == 1:
                data = data[: rng.integers(len(data))]
            elif kind == 2:
                data = bytearray(rng.bytes(int(rng.integers(1, 300)))) + data
            both.receive(bytes(data), now_us)
            both.look(now_us + 1)
