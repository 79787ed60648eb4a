import pytest

from bci_app.cli.export_on_close import export_on_close
from bci_app.recordings.reading import read_recording
from bci_app.runtime.configuration import (
    RecordingSettings,
    SessionConfiguration,
)


def configured(**settings):
    return SessionConfiguration(recording=RecordingSettings(**settings))


def test_nothing_is_exported_unasked(session):
    assert export_on_close(session, configured(), "07") is None
    assert list(session.parent.iterdir()) == [session]


def test_a_data_set_lies_beside_the_recording_and_knows_the_subject(session):
    pytest.importorskip("mne_bids", reason="the extra bids is not installed")
    written = export_on_close(session, configured(export="bids"), "07")
    assert written.is_relative_to(session.parent / "bids" / "sub-07")
    again = configured(export="bids", subject="08", folder=str(session.parent / "study"))
    assert export_on_close(session, again, "07").is_relative_to(session.parent / "study" / "sub-08")
    assert len(read_recording(written).samples_uv) == len(read_recording(session).samples_uv)


@pytest.mark.parametrize("form", ["fif", "xdf", "bids"])
def test_a_failure_is_said_and_leaves_the_recording_alone(session, capsys, form):
    before = session.read_bytes()
    taken = session.with_name("taken")
    taken.write_text("a file where a folder is wanted")
    settings = configured(export=form, folder=str(taken))
    assert export_on_close(session, settings, None) is None
    told = " ".join(capsys.readouterr().err.split())
    assert "The session was not exported" in told
    assert f"bci-app export {session} --to {form} --out {taken}" in told
    assert session.read_bytes() == before


def test_a_damaged_recording_is_said_too(session, capsys):
    session.write_bytes(session.read_bytes()[:100])
    assert export_on_close(session, configured(export="xdf"), None) is None
    assert "The session was not exported" in capsys.readouterr().err
    assert not (session.parent / "xdf").exists()
