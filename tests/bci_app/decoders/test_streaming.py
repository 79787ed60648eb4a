import numpy as np
import pytest

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import CausalBank
from bci_app.decoders.streaming import StreamingDecoder
from bci_app.decoders.sums import StreamingSums, sum_windows
from bci_app.errors import ConfigurationError

RATE_HZ = 250.0
FREQUENCIES_HZ = (9.0, 11.3, 13.0)
LENGTHS_S = (0.4, 1.0, 2.0)


def make(name, simulate):
    decoder = make_decoder(name, FREQUENCIES_HZ, RATE_HZ, lengths_s=LENGTHS_S)
    windows, labels = simulate(
        frequencies_hz=FREQUENCIES_HZ, n_channels=4, n_times=600, n_idle=4, free_phase=True
    )
    if not decoder.needs_calibration:
        return decoder
    return decoder.fit(windows, labels)


@pytest.fixture
def stream():
    return np.random.default_rng(4).normal(size=(1500, 4)).cumsum(axis=0) + 300.0


def push_all(decoder, samples, cuts):
    streaming = StreamingDecoder(decoder, samples.shape[1], LENGTHS_S, hop_s=0.04)
    pieces = np.split(samples, cuts)
    return [answer for piece in pieces for answer in streaming.push(piece)]


@pytest.mark.parametrize("name", ["cca", "evidence", "fbcca", "fbwilks", "msi", "wilks"])
def test_answers_are_the_same_however_the_stream_is_cut(name, simulate, stream):
    decoder = make(name, simulate)
    whole = push_all(decoder, stream, [])
    ragged = push_all(decoder, stream, [1, 2, 2, 9, 10, 333, 800, 801, 1499])
    single = push_all(decoder, stream, range(1, len(stream)))
    assert len(whole) == 1500 // 10 - 9
    for others in (ragged, single):
        for answer, other in zip(whole, others, strict=True):
            assert (answer.end_index, answer.lengths_s) == (other.end_index, other.lengths_s)
            np.testing.assert_array_equal(answer.scores, other.scores)


@pytest.mark.parametrize("name", ["cca", "evidence", "fbwilks", "wilks"])
def test_answers_are_those_of_windows_cut_from_the_filtered_stream(name, simulate, stream):
    decoder = make(name, simulate)
    bank = decoder.filter_bank()
    filtered = CausalBank(bank).process(stream) if bank else stream
    for answer in push_all(decoder, stream, [700])[::20]:
        for length_s, scores in zip(answer.lengths_s, answer.scores, strict=True):
            first = answer.end_index - round(length_s * RATE_HZ)
            window = np.moveaxis(filtered[first : answer.end_index], 0, -1)
            expected = decoder.score_windows(window[np.newaxis])[0]
            np.testing.assert_allclose(scores, expected, rtol=1e-7, atol=1e-7)


def test_windows_grow_as_the_stream_begins_and_after_a_restart(simulate, stream):
    streaming = StreamingDecoder(make("cca", simulate), 4, LENGTHS_S, hop_s=0.04)
    first = [(answer.end_index, len(answer.lengths_s)) for answer in streaming.push(stream[:600])]
    assert first[0] == (100, 1)
    assert dict(first)[250] == 2
    assert dict(first)[490] == 2
    assert dict(first)[500] == 3
    streaming.restart()
    again = [(answer.end_index, len(answer.lengths_s)) for answer in streaming.push(stream[:600])]
    assert again == first


def test_a_window_that_begins_anew_holds_nothing_from_before(simulate, stream):
    decoder = make("wilks", simulate)
    streaming = StreamingDecoder(decoder, 4, LENGTHS_S, hop_s=0.04)
    list(streaming.push(stream[:777]))
    streaming.begin_window()
    answers = list(streaming.push(stream[777:]))
    assert answers[0].end_index == 877
    window = stream[777:877].T[np.newaxis]
    np.testing.assert_allclose(answers[0].scores, decoder.score_windows(window), rtol=1e-8)


def test_lengths_shorter_than_a_hop_are_refused(simulate):
    with pytest.raises(ConfigurationError, match="none shorter than a hop"):
        StreamingDecoder(make("cca", simulate), 4, (0.01,), hop_s=0.04)


def test_sums_after_eight_hours_are_those_of_a_stream_that_has_just_begun():
    # 7.2 million samples.
    rng = np.random.default_rng(0)
    frequencies_hz = (9.0, 18.0, 11.3)
    long = StreamingSums(2, (), frequencies_hz, RATE_HZ, n_block=50, n_blocks=10)
    piece = rng.normal(size=(100_000, 2)) + 50.0
    for _ in range(72):
        for _ in long.push(piece):
            pass
    last = rng.normal(size=(500, 2)) + 50.0
    list(long.push(last))
    fresh = StreamingSums(2, (), frequencies_hz, RATE_HZ, n_block=50, n_blocks=10)
    list(fresh.push(last))
    from_scratch = sum_windows(last.T[np.newaxis, np.newaxis], frequencies_hz, RATE_HZ)
    after, anew = long.windows([10]), fresh.windows([10])
    np.testing.assert_array_equal(after.covariance, anew.covariance)
    np.testing.assert_array_equal(after.fourier, anew.fourier)
    np.testing.assert_allclose(after.covariance, from_scratch.covariance, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(after.fourier, from_scratch.fourier, rtol=1e-9, atol=1e-7)


def test_windows_longer_than_what_is_held_are_refused():
    sums = StreamingSums(2, (), (9.0,), RATE_HZ, n_block=10, n_blocks=5)
    list(sums.push(np.ones((30, 2))))
    with pytest.raises(ValueError, match="only 3 are held"):
        sums.windows([4])
