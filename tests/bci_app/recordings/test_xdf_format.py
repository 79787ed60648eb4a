import logging

import numpy as np
import pytest
import pyxdf

from bci_app.recordings import xdf_format as xdf

TIMES_S = np.array([10.0, 10.004, 10.5])
NUMBERS = np.array([[1.0, -2.5], [np.nan, 1e-300], [3.0, 4.0]])
TEXTS = [b"begin", "größer & <b>".encode(), b""]


def header(stream_id, name, n_channels, rate, number):
    info = {
        "name": name,
        "type": "X",
        "channel_count": str(n_channels),
        "nominal_srate": rate,
        "channel_format": number,
    }
    return xdf.encode_stream_header(stream_id, info)


@pytest.fixture
def whole():
    return b"".join(
        [
            xdf.encode_file_header({"version": "1.0"}),
            header(1, "num<b>&", 2, "250", "double64"),
            header(2, "text", 1, "0", "string"),
            xdf.encode_boundary(),
            xdf.encode_numbers(1, TIMES_S, NUMBERS),
            xdf.encode_texts(2, TIMES_S, TEXTS),
            xdf.encode_boundary(),
            xdf.encode_stream_footer(1, TIMES_S.tolist(), 3),
        ]
    )


def chunks(data):
    return [(tag, bytes(content)) for tag, content in xdf.read_chunks(memoryview(data))]


def test_the_fields_own_reader_reads_what_is_written(whole, tmp_path):
    (tmp_path / "a.xdf").write_bytes(whole)
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)
    (numbers, texts), _ = pyxdf.load_xdf(str(tmp_path / "a.xdf"), dejitter_timestamps=False)
    assert numbers["info"]["name"] == ["num<b>&"]
    np.testing.assert_array_equal(numbers["time_series"], NUMBERS)
    np.testing.assert_array_equal(numbers["time_stamps"], TIMES_S)
    assert numbers["footer"]["info"]["sample_count"] == ["3"]
    assert texts["time_series"] == [[text.decode()] for text in TEXTS]


def test_what_was_written_comes_back(whole):
    found = dict(chunks(whole))
    assert [tag for tag, _ in chunks(whole)] == [1, 2, 2, 5, 3, 3, 5, 6]
    assert xdf.decode_xml(memoryview(found[xdf.Tag.FILE_HEADER])).findtext("version") == "1.0"
    (one, two) = (memoryview(c) for tag, c in chunks(whole) if tag is xdf.Tag.SAMPLES)
    assert xdf.split_stream(one)[0] == 1
    times_s, values = xdf.decode_numbers(xdf.split_stream(one)[1], "<f8", 2)
    np.testing.assert_array_equal(times_s, TIMES_S)
    np.testing.assert_array_equal(values, NUMBERS)
    assert list(xdf.decode_texts(xdf.split_stream(two)[1])) == list(
        zip(TIMES_S, TEXTS, strict=True)
    )


def test_however_it_is_cut_off_whole_chunks_are_found_and_nothing_else(whole):
    all_chunks = chunks(whole)
    for length in range(len(xdf.MAGIC), len(whole)):
        found = chunks(whole[:length])
        assert found == all_chunks[: len(found)]


def test_after_damage_reading_goes_on_at_the_next_boundary(whole):
    first_boundary = whole.index(xdf.encode_boundary()) + len(xdf.encode_boundary())
    damaged = whole[:first_boundary] + b"\xff" * 40 + whole[first_boundary + 40 :]
    assert [tag for tag, _ in chunks(damaged)] == [1, 2, 2, 5, 6]


@pytest.mark.parametrize("content", [b"", b"\x04\x09\x00\x00\x00", b"\x01\x01" + bytes(40)])
def test_blocks_of_another_layout_are_refused(content):
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy words some of them
        xdf.decode_numbers(memoryview(content), "<f8", 2)
    with pytest.raises(ValueError, match="block"):
        list(xdf.decode_texts(memoryview(content)))
