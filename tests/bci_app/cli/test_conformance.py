import json

import pytest

from devices.exoskeleton.conformance import suite


@pytest.fixture
def two_demands(monkeypatch):
    """The suite takes minutes in real time; what its checks are worth is tested beside them."""
    # The first counts telemetry in real time: on a busy machine the simulator cannot keep it up.
    monkeypatch.setattr(suite, "CHECKS", suite.CHECKS[1:3])
    monkeypatch.setattr(suite.check_port, "__defaults__", (lambda _: None, suite.CHECKS))


@pytest.fixture
def controller():
    from bci_app.runtime.simulators import Simulator

    with Simulator("exoskeleton") as simulator:
        yield simulator.port


@pytest.mark.usefixtures("two_demands")
def test_a_conforming_controller_passes(bci_app, controller):
    run = bci_app("conformance", controller, "--yes", "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert figures["passed"]
    assert figures["met"] == len(figures["results"]) == 2


@pytest.mark.usefixtures("two_demands")
def test_a_silent_one_fails(bci_app):
    from devices.pseudo_terminal import PseudoTerminal

    with PseudoTerminal() as silent:
        run = bci_app("conformance", silent.port, "--yes")
    assert run.code == 1
    assert "not met" in run.out
    assert "0 of 2 demands are met" in run.out


def test_the_legs_do_not_move_unless_somebody_agrees(bci_app, monkeypatch):
    monkeypatch.setattr("click.confirm", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert bci_app("conformance", "/dev/ttyUSB9").code == 1


def test_an_absent_port_is_said(bci_app):
    run = bci_app("conformance", "/dev/ttyUSB9", "--yes")
    assert run.code == 1
    assert "/dev/ttyUSB9" in run.err
