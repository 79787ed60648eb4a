"""The controller in C, built once for all its tests."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lockstep import FIRMWARE, HERE, Lockstep, Talk, build, compiler

from devices.exoskeleton.messages import Six
from devices.exoskeleton.trajectory import SITTING_DEG


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder for what is compiled; without a compiler there is nothing to test."""
    if compiler() is None:
        pytest.skip("no C compiler (cc) here: scripts/system-libraries.sh tests installs one")
    return tmp_path_factory.mktemp("firmware")


@pytest.fixture(scope="session")
def lockstep_program(build_folder: Path) -> Path:
    """The controller in a time that the test tells it."""
    return build(HERE / "harness_lockstep.c", build_folder)


@pytest.fixture(scope="session")
def harness_program(build_folder: Path) -> Path:
    """The controller on a pseudo-terminal."""
    return build(FIRMWARE / "harness_posix.c", build_folder)


@pytest.fixture
def start(lockstep_program: Path) -> Iterator[Callable[..., Talk]]:
    """Power a controller up with its joints in some pose."""
    with ExitStack() as stack:

        def power_up(angles_deg: Six = SITTING_DEG) -> Talk:
            return Talk(stack.enter_context(Lockstep(lockstep_program, angles_deg)))

        yield power_up
