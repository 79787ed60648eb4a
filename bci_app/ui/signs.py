"""Signs that say in shape what colour says too."""

from PySide6.QtGui import QColor

from bci_app.ui.session_values import Fate, Severity
from bci_app.ui.theme import Theme
from calibration.quality import Grade


def grade_sign(grade: Grade) -> str:
    """Shape of a grade: a disc, a triangle, a square."""
    return {Grade.GOOD: "●", Grade.DOUBTFUL: "▲", Grade.BAD: "■"}[grade]


def grade_colour(theme: Theme, grade: Grade) -> QColor:
    """Colour of a grade."""
    return QColor(
        {Grade.GOOD: theme.good, Grade.DOUBTFUL: theme.notice, Grade.BAD: theme.alarm}[grade]
    )


def severity_colour(theme: Theme, severity: Severity) -> QColor:
    """Colour of a log entry's sign."""
    return QColor(
        {
            Severity.INFO: theme.faint,
            Severity.GOOD: theme.good,
            Severity.NOTICE: theme.notice,
            Severity.ALARM: theme.alarm,
        }[severity]
    )


def fate_colour(theme: Theme, fate: Fate) -> QColor:
    """Colour of a command's sign."""
    return QColor(
        {
            Fate.PENDING: theme.faint,
            Fate.ACKNOWLEDGED: theme.good,
            Fate.REFUSED: theme.alarm,
            Fate.UNANSWERED: theme.alarm,
            Fate.WITHHELD: theme.notice,
        }[fate]
    )
