import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from bci_app.errors import ConfigurationError
from bci_app.evaluation.cells import run_cells
from bci_app.evaluation.comparison import summarise_cells
from bci_app.evaluation.grid import make_cells, run_grid
from bci_app.evaluation.schemes import Scheme
from bci_app.evaluation.trials import TrialEvaluation

RATE_HZ = 200
EVALUATION = TrialEvaluation("cca", {"2": 10.0, "3": 14.0})


def write(path, seed):
    """A table in which targets are looked at in turn, 4 s each."""
    rng = np.random.default_rng(seed)
    n_trial = 4 * RATE_HZ
    samples, codes = [], []
    for code, frequency_hz in [("2", 10.0), ("3", 14.0)] * 3:
        time_s = np.arange(n_trial) / RATE_HZ
        response = 4 * np.sin(2 * np.pi * frequency_hz * time_s + rng.uniform(0, 6))
        samples.append(response[:, np.newaxis] + 5 * rng.normal(size=(n_trial, 3)))
        codes += [code] + ["0"] * (n_trial - 1)
    lines = ["time,O1,Oz,O2,marker"]
    for k, (values, code) in enumerate(zip(np.concatenate(samples), codes, strict=True)):
        lines.append(f"{k / RATE_HZ:.3f},{values[0]:.3f},{values[1]:.3f},{values[2]:.3f},{code}")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def files(tmp_path):
    return [write(tmp_path / f"subject{k}" / "a.csv", k) for k in range(2)]


def grid(files, cells, folder):
    with ThreadPoolExecutor(2) as executor:
        return list(run_grid(files, cells, executor, 2, folder))


def test_every_decoder_at_every_length_on_every_recording(files):
    cells = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca", "fbcca"], [1.0, 2.0])
    results = grid(files, cells, None)
    rows = [row for result in results for row in result.rows]
    assert {(row.decoder, row.window_s, row.subject) for row in rows} == {
        (decoder, window_s, subject)
        for decoder in ("cca", "fbcca")
        for window_s in (1.0, 2.0)
        for subject in ("subject0", "subject1")
    }
    assert all(row.n_trials == 6 for row in rows)
    assert np.mean([row.accuracy for row in rows]) > 0.8
    assert all(row.accuracy == row.n_right / row.n_trials for row in rows)


@pytest.mark.parametrize("n_workers", [1, 3, 64])
def test_however_the_work_is_divided_the_same_comes_out(files, n_workers):
    cells = make_cells(EVALUATION, Scheme.TRANSFER, ["cca", "mdm"], [1.0, 2.0, 3.0])
    with ThreadPoolExecutor(1) as executor:
        results = list(run_grid(files, cells, executor, n_workers, None))
    assert all(len(result.rows) == len(files) for result in results)
    assert sorted(map(repr, results)) == sorted(repr(run_cells(files, [c])[0]) for c in cells)


def test_finished_cells_are_not_computed_again(files, tmp_path):
    cells = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca", "fbcca"], [1.0, 2.0])
    first = grid(files, cells[:3], tmp_path / "cells")
    assert not any(result.was_known for result in first)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    assert len(kept) == 3
    again = grid(files, cells, tmp_path / "cells")
    assert [result.was_known for result in again].count(True) == 3
    assert {r.rows for r in again if r.was_known} == {r.rows for r in first}
    assert (
        kept.items()
        <= {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}.items()
    )


def test_what_changed_is_computed_again(files, tmp_path):
    cells = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca"], [1.0])
    grid(files, cells, tmp_path / "cells")
    other = make_cells(replace(EVALUATION, start_s=0.25), Scheme.UNCALIBRATED, ["cca"], [1.0])
    assert not grid(files, other, tmp_path / "cells")[0].was_known
    write(files[0], seed=9)
    assert not grid(files, cells, tmp_path / "cells")[0].was_known
    for kept in (tmp_path / "cells").iterdir():
        kept.write_text(json.dumps({"rows": [{"decoder": "cca"}]}))
    assert not grid(files, cells, tmp_path / "cells")[0].was_known


def test_a_bad_recording_is_named_and_the_rest_evaluated(files, tmp_path):
    bad = tmp_path / "subject0" / "bad.csv"
    bad.write_text("nothing")
    (cell,) = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca"], [1.0])
    (result,) = run_cells([*files, bad], [cell])
    assert len(result.rows) == 2
    assert [failure.recording for failure in result.failures] == [str(bad)]


def test_folders_of_the_same_name_in_two_studies_are_two_subjects(files, tmp_path):
    study = tmp_path / "again"
    study.mkdir()
    (cell,) = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca"], [1.0])
    (result,) = run_cells([*files, write(study / "subject0" / "a.csv", 5)], [cell])
    assert [row.subject for row in result.rows] == [
        f"{tmp_path.name}/subject0",
        f"{tmp_path.name}/subject1",
        "again/subject0",
    ]
    assert summarise_cells(list(result.rows))[0].n_subjects == 3


def test_names_that_are_no_utf8_become_printable(files):
    odd = files[0].parent.with_name("s\udcff")
    files[0].parent.rename(odd)
    (cell,) = make_cells(EVALUATION, Scheme.UNCALIBRATED, ["cca"], [1.0])
    (result,) = run_cells([odd / "a.csv", odd / "absent.csv"], [cell])
    assert (result.rows[0].subject, result.rows[0].recording) == ("s?", "s?/a.csv")
    assert result.failures[0].recording.endswith("s?/absent.csv")
    assert "s?" in result.failures[0].reason


def test_what_cannot_be_evaluated_is_said():
    with pytest.raises(ConfigurationError, match="no decoder 'magic'"):
        make_cells(EVALUATION, Scheme.UNCALIBRATED, ["magic"], [1.0])
    with pytest.raises(ConfigurationError, match="trca learns from labelled trials"):
        make_cells(EVALUATION, Scheme.UNCALIBRATED, ["trca"], [1.0])
