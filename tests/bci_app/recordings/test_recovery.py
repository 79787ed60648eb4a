import numpy as np
import pytest

from bci_app.errors import RecordingError
from bci_app.recordings.recovery import recover_session
from bci_app.recordings.session_file import read_session


@pytest.fixture
def whole(eventful, tmp_path):
    eventful(0, 4)
    return tmp_path / "session0.xdf"


def same(session, other):
    assert session.facts == other.facts | {"recovered_from": other.path.name}
    assert session.headset == other.headset
    assert session.entries == other.entries
    for name in ("samples_uv", "chunks", "arrivals_s", "sample_times_s"):
        assert np.array_equal(getattr(session, name), getattr(other, name), equal_nan=True), name


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_session_that_was_cut_off_becomes_whole(whole, tmp_path, share):
    cut = tmp_path / "cut.xdf"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    recovered = recover_session(cut)
    assert recovered.path == tmp_path / "cut-recovered.xdf"
    session = read_session(recovered.path)
    assert session.closed
    assert session.n_damaged_bytes == 0
    assert session.was_cut_off
    same(session, read_session(cut))
    full = read_session(whole)
    assert len(session.samples_uv) >= (share - 0.1) * len(full.samples_uv)


def test_damage_in_the_middle_costs_a_block(whole, tmp_path):
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\xff" * 3000
    (tmp_path / "damaged.xdf").write_bytes(data)
    recovered = recover_session(tmp_path / "damaged.xdf")
    session, full = read_session(recovered.path), read_session(whole)
    assert recovered.session.n_damaged_bytes >= 3000
    assert len(session.samples_uv) == len(full.samples_uv)
    kept = np.isfinite(session.samples_uv[:, 0])
    assert np.array_equal(session.samples_uv[kept], full.samples_uv[kept])
    assert set(map(str, session.entries)) <= set(map(str, full.entries))
    # Where a block ends depends on when the writer woke: the damage is in events, samples or both.
    assert session.entries != full.entries or not kept.all()


def test_a_whole_session_is_left_as_it_is(whole, tmp_path):
    recovered = recover_session(whole)
    assert recovered.path == whole
    assert sorted(tmp_path.iterdir()) == [whole]


def test_an_earlier_recovery_is_not_overwritten(whole, tmp_path):
    whole.write_bytes(whole.read_bytes()[:-10])
    (tmp_path / "session0-recovered.xdf").write_bytes(b"precious")
    with pytest.raises(RecordingError, match="Name another with --out"):
        recover_session(whole)
    assert recover_session(whole, tmp_path / "other.xdf").path == tmp_path / "other.xdf"
