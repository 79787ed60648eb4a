"""Colours and type of the windows: a dark and a light theme, safe for colour-blind eyes.

Colour never says anything alone: a state has a sign and a word, a target a dash and a name. The
hues are those of Okabe and Ito, made lighter on dark ground and darker on light ground.
"""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette, QPen
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours."""

    name: str
    ground: str
    panel: str
    line: str
    text: str
    faint: str
    trace: str
    accent: str
    good: str
    notice: str
    alarm: str
    on_alarm: str
    targets: tuple[str, ...]


DARK = Theme(
    name="dark",
    ground="#0f1318",
    panel="#171c23",
    line="#2b333e",
    text="#e8ecf1",
    faint="#94a0b0",
    trace="#a9c7e4",
    accent="#56b4e9",
    good="#3dbd92",
    notice="#e8a317",
    alarm="#ff7f50",
    on_alarm="#1a0d06",
    targets=("#56b4e9", "#e69f00", "#2fc39a", "#dd8fbd", "#f0e442"),
)
LIGHT = Theme(
    name="light",
    ground="#eef1f5",
    panel="#ffffff",
    line="#d3dae3",
    text="#18202a",
    faint="#5a6675",
    trace="#24588a",
    accent="#0069a6",
    good="#00745a",
    notice="#9a5c00",
    alarm="#b93a00",
    on_alarm="#ffffff",
    targets=("#0072b2", "#b26a00", "#00775a", "#a8437c", "#7d7300"),
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}

_DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
BASE_PX = 13


def target_colour(theme: Theme, target: int) -> QColor:
    """Colour of a target."""
    return QColor(theme.targets[target % len(theme.targets)])


def target_pen(theme: Theme, target: int, width: float = 1.8) -> QPen:
    """Pen of a target: neighbours differ in both colour and dash."""
    style = _DASHES[(target + target // len(theme.targets)) % len(_DASHES)]
    pen = QPen(target_colour(theme, target), width, style)
    pen.setCosmetic(True)
    return pen


def with_alpha(colour: str | QColor, alpha: int) -> QColor:
    """Return the colour, partly transparent."""
    copy = QColor(colour)
    copy.setAlpha(alpha)
    return copy


def font(scale: float, size: float = 1.0, *, bold: bool = False) -> QFont:
    """Font of the windows, `size` times the running text; figures are all equally wide."""
    chosen = QFont(QApplication.font())
    chosen.setPixelSize(max(8, round(BASE_PX * scale * size)))
    chosen.setBold(bold)
    chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


def palette(theme: Theme) -> QPalette:
    """Palette of the widgets that Qt draws itself."""
    chosen = QPalette()
    role = QPalette.ColorRole
    for roles, colour in (
        ((role.Window,), theme.ground),
        ((role.Base, role.Button, role.AlternateBase, role.ToolTipBase), theme.panel),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), theme.text),
        ((role.PlaceholderText,), theme.faint),
        ((role.Highlight,), theme.accent),
        ((role.HighlightedText,), theme.panel),
    ):
        for one in roles:
            chosen.setColor(one, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for one in (role.WindowText, role.Text, role.ButtonText):
        chosen.setColor(disabled, one, with_alpha(theme.faint, 140))
    return chosen


def style_sheet(theme: Theme, scale: float) -> str:
    """Return what the palette cannot say."""
    px = BASE_PX * scale
    return f"""
    * {{ font-size: {px:.0f}px; }}
    QMainWindow, QWidget#ground {{ background: {theme.ground}; }}
    QFrame#panel {{ background: {theme.panel}; border: 1px solid {theme.line};
        border-radius: 4px; }}
    QLabel#title {{ color: {theme.faint}; font-size: {px * 0.85:.0f}px; font-weight: bold; }}
    QLabel#caption {{ color: {theme.faint}; font-size: {px * 0.85:.0f}px; }}
    QLabel#readout {{ color: {theme.text}; font-size: {px * 1.55:.0f}px; font-weight: bold; }}
    QFrame#alarm {{ background: {theme.alarm}; border-radius: 4px; }}
    QFrame#alarm QLabel {{ color: {theme.on_alarm}; }}
    QLabel#alarmtext {{ font-weight: bold; font-size: {px * 1.1:.0f}px; }}
    QPushButton, QComboBox, QLineEdit {{ background: {theme.ground}; color: {theme.text};
        border: 1px solid {theme.line}; border-radius: 4px; padding: {px * 0.3:.0f}px
        {px * 0.75:.0f}px; min-height: {px * 1.3:.0f}px; }}
    QPushButton:hover, QComboBox:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus, QComboBox:focus, QLineEdit:focus {{ border: 2px solid {theme.accent}; }}
    QPushButton:pressed {{ background: {theme.line}; }}
    QPushButton:disabled {{ color: {theme.faint}; }}
    QPushButton#primary {{ border: 1px solid {theme.accent}; font-weight: bold; }}
    QPushButton#stop {{ background: {theme.alarm}; color: {theme.on_alarm}; border: none;
        font-size: {px * 1.7:.0f}px; font-weight: bold; padding: 0 {px * 1.8:.0f}px; }}
    QPushButton#stop:pressed {{ background: {theme.text}; color: {theme.ground}; }}
    QPushButton#stop:focus {{ border: 3px solid {theme.text}; }}
    QComboBox QAbstractItemView {{ background: {theme.panel}; color: {theme.text};
        selection-background-color: {theme.accent}; }}
    QComboBox#tool {{ min-height: {px * 1.1:.0f}px; padding: 0 {px * 0.4:.0f}px;
        font-size: {px * 0.9:.0f}px; }}
    QPlainTextEdit {{ background: {theme.panel}; color: {theme.text}; border: none; }}
    QSplitter::handle {{ background: {theme.ground}; }}
    QToolTip {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {theme.line}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }}
    QScrollBar::handle:vertical {{ background: {theme.line}; border-radius: 4px;
        min-height: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    """
