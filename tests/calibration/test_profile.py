import base64
import contextlib
import io
import json
import tracemalloc
import zipfile
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration import profile as module
from calibration.errors import CalibrationError
from calibration.profile import Profile, arrays_path, read_profile, unpack_profile, write_profile
from calibration.profile_fields import (
    Expected,
    Filters,
    Montage,
    OperatingPoint,
    ProfileTarget,
    ProfileText,
    Provenance,
    Source,
)


def make_text():
    return ProfileText(
        subject="01",
        session="02",
        montage=Montage(headset="any", reference="", channels=("O1", "Oz"), sampling_rate_hz=250.0),
        filters=Filters(band_hz=(6.0, 80.0), mains_hz=50.0),
        targets=(
            ProfileTarget(frequency_hz=13.0, command="walk"),
            ProfileTarget(frequency_hz=17.0, command="stand"),
        ),
        decoder="evidence",
        decoder_settings={},
        operating_point=OperatingPoint(
            max_false_per_min=0.5,
            policy={"threshold": 2.5, "onsets_known": False},
            expected_false_per_min=Expected(value=0.4, low=0.1, high=1.2),
            expected_right=Expected(value=0.9, low=0.7, high=0.99),
            expected_response_s=None,
        ),
        compared=(),
        quality=(),
        provenance=Provenance(
            made_at="2026-11-24T11:00:00+00:00",
            own=(Source(file="a", sha256="0", n_trials=8, n_left_out=0, began_at=None),),
            others=(),
            versions={"numpy": "2"},
            seed=0,
        ),
    )


@pytest.fixture
def made():
    rng = np.random.default_rng(0)
    arrays = {"128/weights": rng.normal(size=(3, 2)), "128/idle": np.array(0.5)}
    return Profile(make_text(), arrays)


@pytest.fixture
def path(made, tmp_path):
    path = tmp_path / "sub-01" / "sub-01_ses-02_profile.json"
    write_profile(made, path)
    return path


def same(one, other):
    return one.text == other.text and all(
        np.array_equal(one.arrays[name], other.arrays[name])
        for name in one.arrays.keys() | other.arrays.keys()
    )


def test_what_was_written_is_read(made, path):
    assert same(read_profile(path), made)
    assert '"subject": "01"' in path.read_text()
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "sub-01_ses-02_profile.json",
        "sub-01_ses-02_profile.npz",
    ]


def test_it_can_be_kept_within_another_file(made):
    packed = json.loads(json.dumps(made.packed()))
    assert same(unpack_profile(packed, "session.xdf"), made)
    with pytest.raises(CalibrationError, match=r"session\.xdf holds no whole profile"):
        unpack_profile({"format": "other"}, "session.xdf")
    with pytest.raises(CalibrationError, match="damaged"):
        unpack_profile(packed | {"arrays": "?"}, "session.xdf")


def change(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"decoder": 3}, "Expected `str`, got `int` - at `decoder`"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"targets": []}, "length >= 2"),
        ({"subject": "Ada Lovelace"}, "subject"),
        ({"subject": "01\n"}, "subject"),
        ({"version": 2}, "of version 2: this program reads version 1"),
        ({"format": "else"}, 'expected "format"'),
        ({"decoder": "cca"}, "does not match its checksum"),
    ],
)
def test_what_was_changed_is_refused(path, fields, message):
    change(path, **fields)
    with pytest.raises(CalibrationError, match=message) as refused:
        read_profile(path)
    assert path.name in str(refused.value)


def test_other_arrays_are_refused(made, path, tmp_path):
    other = tmp_path / "other.json"
    write_profile(replace(made, arrays={"x": np.zeros(3)}), other)
    arrays_path(path).write_bytes(arrays_path(other).read_bytes())
    with pytest.raises(CalibrationError, match="checksum"):
        read_profile(path)


def test_missing_and_unreadable_files_are_named(path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_profile(path.with_name("none.json"))
    arrays_path(path).unlink()
    with pytest.raises(CalibrationError, match=r"profile\.npz cannot be read"):
        read_profile(path)
    path.write_text("{")
    with pytest.raises(CalibrationError, match="expected JSON"):
        read_profile(path)


def test_sizes_are_bounded(made, path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_ARRAYS_BYTES", 400)
    monkeypatch.setattr(module, "_MAX_TEXT_BYTES", 1 << 20)
    with pytest.raises(CalibrationError, match="expected at most"):
        read_profile(path)
    monkeypatch.setattr(module, "_MAX_TEXT_BYTES", 10)
    with pytest.raises(CalibrationError, match="expected at most"):
        read_profile(path)


def test_a_pickle_is_not_opened(made, path):
    with zipfile.ZipFile(arrays_path(path), "w") as archive, archive.open("x.npy", "w") as file:
        np.lib.format.write_array(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    packed = arrays_path(path).read_bytes()
    table = module._table_of(made.text, packed)
    path.write_bytes(msgspec.json.encode(table))
    with pytest.raises(CalibrationError, match="expected plain numbers"):
        read_profile(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_is_an_error_and_never_anything_else(made, path, data):
    write_profile(made, path)
    file = data.draw(st.sampled_from([path, arrays_path(path)]))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    with contextlib.suppress(CalibrationError):
        assert same(read_profile(path), made)  # white space, or an escaped letter


def test_a_folder_that_cannot_be_written_to_is_named(made, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CalibrationError, match="cannot be written"):
        write_profile(made, tmp_path / "file" / "a.json")


def test_what_could_not_be_read_is_not_written(made, tmp_path):
    nameless = replace(made, text=msgspec.structs.replace(made.text, subject=""))
    with pytest.raises(CalibrationError, match="subject"):
        write_profile(nameless, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def packed_with(made, member, name="x.npy"):
    """The profile packed, its arrays replaced by one member of the archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, member)
    table = module._table_of(made.text, packed.getvalue())
    return table | {"arrays": base64.b64encode(packed.getvalue()).decode()}


def npy(shape, descr="<f8", content=b""):
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


@pytest.mark.parametrize(
    "member",
    [
        npy((1 << 40,)),
        npy((3,), content=bytes(23)),
        npy((1,), descr="|O", content=bytes(8)),
        npy((1,), descr="<f8").replace(b"(1,)", b"(-1)"),
        npy((1,)).replace(b"'<f8'", b"'<f'8"),
        npy((1,)).replace(b"}", b" "),  # NumPy looks at what is left of it with `tokenize`
        b"no array at all",
    ],
)
def test_an_array_holds_what_its_header_says_or_is_refused(made, member):
    tracemalloc.start()
    with pytest.raises(CalibrationError, match="expected plain numbers"):
        unpack_profile(packed_with(made, member), "session.xdf")
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_their_order_in_memory(made, order):
    array = np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    again = unpack_profile(replace(made, arrays={"x": array}).packed(), "session.xdf").arrays["x"]
    assert np.array_equal(again, array)
    assert again.flags.f_contiguous == array.flags.f_contiguous


def test_text_that_is_no_base64_and_json_without_end_are_refused(made, path):
    with pytest.raises(CalibrationError, match="damaged"):
        unpack_profile(made.packed() | {"arrays": "ä"}, "session.xdf")
    path.write_text("[" * 100_000)
    with pytest.raises(CalibrationError, match="expected JSON"):
        read_profile(path)
