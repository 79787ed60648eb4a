import pytest

from bci_app.errors import RecordingError
from bci_app.evaluation.comparison import summarise_cells
from bci_app.evaluation.comparison_figure import draw_comparison, save_figure

from .test_comparison import row
from .test_comparison_tables import ROWS

CLASSES = ("10 Hz", "14 Hz")


def test_the_figure_shows_what_was_found(tmp_path):
    summaries = summarise_cells(ROWS)
    figure = draw_comparison(ROWS, summaries, CLASSES)
    by_length, by_rate, of_subjects = figure.subfigs[0].axes
    lines = {c.get_label(): c.lines[0] for c in by_length.containers}
    assert lines["cca"].get_ydata().tolist() == [0.5, 0.5]
    assert lines["fbcca"].get_ydata().tolist() == [0.75, 0.75]
    assert [c.lines[0].get_ydata().tolist() for c in by_rate.containers] == [[5, 5], [7.5, 7.5]]
    assert [len(line.get_xdata()) for line in of_subjects.lines] == [3, 3]
    best, other = figure.subfigs[1].axes
    assert best.get_title() == "fbcca, 1 s"
    assert best.images[0].get_array().tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert [text.get_text() for text in other.texts] == ["100%", "0%", "100%", "0%"]
    save_figure(figure, tmp_path)
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "comparison.pdf").read_bytes().startswith(b"%PDF")


def test_one_subject_at_one_length_has_no_intervals():
    rows = [row("cca", "a", 0.5)]
    figure = draw_comparison(rows, summarise_cells(rows), CLASSES)
    assert [axes.get_title() for axes in figure.subfigs[1].axes] == ["cca, 1 s"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    figure = draw_comparison(ROWS, summarise_cells(ROWS), CLASSES)
    with pytest.raises(RecordingError, match="cannot be written"):
        save_figure(figure, tmp_path / "absent")
