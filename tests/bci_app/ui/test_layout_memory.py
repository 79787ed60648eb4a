import pytest


@pytest.mark.parametrize("scale", ["huge", "nan", "", "inf"])
def test_a_file_that_makes_no_sense_is_as_good_as_none(qt_app, tmp_path, scale):
    from PySide6.QtCore import QSettings, Qt
    from PySide6.QtWidgets import QSplitter

    from bci_app.ui.layout_memory import recall
    from bci_app.ui.theme import DARK

    path = tmp_path / "window.ini"
    path.write_text(f"[General]\ntheme=plaid\nscale={scale}\ngeometry=7\nsplitter0=@Invalid()\n")
    splitter = QSplitter(Qt.Orientation.Vertical)
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    assert recall(settings, splitter, [splitter]) == (DARK, 1.0)
