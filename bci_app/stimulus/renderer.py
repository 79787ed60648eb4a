"""The OpenGL side of the subject window: one texture, one buffer, one draw a frame."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QOpenGLContext
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLShader,
    QOpenGLShaderProgram,
    QOpenGLTexture,
    QOpenGLVertexArrayObject,
)
from shiboken6 import VoidPtr

from bci_app.stimulus.geometry import Rectangle
from bci_app.stimulus.layout import MAX_TARGETS

# Levels: one a target, then the photodiode patch; quads without a level show the background.
PHOTODIODE = MAX_TARGETS
N_LEVELS = MAX_TARGETS + 1
_NO_LEVEL = -1

_VERTEX_SHADER = f"""#version 330 core
layout(location = 0) in vec3 corner;  // pixels from the upper left, and which level
uniform vec2 size;
uniform vec3 background;
uniform float levels[{N_LEVELS}];
flat out vec3 base;
out vec2 place;
void main() {{
    int level = int(corner.z);
    base = level < 0 ? background : vec3(levels[level]);
    place = corner.xy / size;
    gl_Position = vec4(2.0 * place.x - 1.0, 1.0 - 2.0 * place.y, 0.0, 1.0);
}}
"""
_FRAGMENT_SHADER = """#version 330 core
uniform sampler2D artwork;
flat in vec3 base;
in vec2 place;
out vec4 colour;
void main() {
    vec4 over = texture(artwork, place);
    colour = vec4(over.rgb + base * (1.0 - over.a), 1.0);
}
"""

_GL_COLOR_BUFFER_BIT = 0x4000
_GL_TRIANGLES = 0x0004
_GL_FLOAT = 0x1406

Quad = tuple[Rectangle, int]


def panel_quads(width_px: int, height_px: int) -> list[Quad]:
    """Quads that show nothing but the artwork."""
    return [(Rectangle(0, 0, width_px, height_px), _NO_LEVEL)]


def target_quads(
    still: list[QRect], areas: tuple[Rectangle, ...], photodiode: Rectangle
) -> list[Quad]:
    """Quads of the targets, still surroundings below; the photodiode patch is the last one."""
    return [
        *(
            (Rectangle(rect.x(), rect.y(), rect.width(), rect.height()), _NO_LEVEL)
            for rect in still
        ),
        *((area, k) for k, area in enumerate(areas)),
        (photodiode, PHOTODIODE),
    ]


class Renderer:
    """Draws quads of given levels under the artwork; lives in one current OpenGL context.

    Parameters
    ----------
    artwork : QImage
        As large as the screen.
    background : QColor
    panel, targets : list of Quad
        What :meth:`draw_panel` and :meth:`draw_targets` draw.
    """

    def __init__(
        self, artwork: QImage, background: QColor, panel: list[Quad], targets: list[Quad]
    ) -> None:
        self._gl = QOpenGLContext.currentContext().functions()
        self._background = (background.redF(), background.greenF(), background.blueF())
        self.levels = np.zeros(N_LEVELS, dtype=np.float32)
        program = QOpenGLShaderProgram()
        ok = program.addShaderFromSourceCode(
            QOpenGLShader.ShaderTypeBit.Vertex, _VERTEX_SHADER
        ) and program.addShaderFromSourceCode(
            QOpenGLShader.ShaderTypeBit.Fragment, _FRAGMENT_SHADER
        )
        if not (ok and program.link() and program.bind()):
            raise RuntimeError(f"OpenGL 3.3 is needed: {program.log()}")
        self._program = program
        self._levels_location = program.uniformLocation("levels")
        self._gl.glUniform2f(
            program.uniformLocation("size"), float(artwork.width()), float(artwork.height())
        )
        self._gl.glUniform3f(program.uniformLocation("background"), *self._background)
        self._vertices = QOpenGLVertexArrayObject()
        self._vertices.create()
        self._vertices.bind()
        corners = _corners([*panel, *targets])
        self._buffer = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        self._buffer.create()
        self._buffer.bind()
        self._buffer.allocate(corners.tobytes(), corners.nbytes)
        program.enableAttributeArray(0)
        program.setAttributeBuffer(0, _GL_FLOAT, 0, 3, 12)
        self._n_panel, self._n_targets = 6 * len(panel), 6 * len(targets)
        self._texture = QOpenGLTexture(QOpenGLTexture.Target.Target2D)
        self._texture.setMinMagFilters(QOpenGLTexture.Filter.Nearest, QOpenGLTexture.Filter.Nearest)
        self._texture.setFormat(QOpenGLTexture.TextureFormat.RGBA8_UNorm)
        self._texture.setSize(artwork.width(), artwork.height())
        self._texture.allocateStorage()
        self._texture.bind()

    def upload(self, artwork: QImage, area: QRect) -> None:
        """Take over an area of the artwork that was painted anew."""
        piece = artwork.copy(area)
        self._texture.setData(  # type: ignore[call-overload]  # PySide's stubs say int for void *
            area.x(),
            area.y(),
            0,
            area.width(),
            area.height(),
            0,
            QOpenGLTexture.PixelFormat.RGBA,
            QOpenGLTexture.PixelType.UInt8,
            VoidPtr(piece.constBits()),  # type: ignore[arg-type]  # likewise: any buffer
        )

    def draw_nothing(self) -> None:
        """Blank the screen."""
        self._gl.glClearColor(*self._background, 1.0)
        self._gl.glClear(_GL_COLOR_BUFFER_BIT)

    def draw_panel(self) -> None:
        """Draw the artwork alone."""
        self._draw(0, self._n_panel)

    def draw_targets(self, *, photodiode: bool) -> None:
        """Draw the targets with the present levels, and the photodiode patch if it is used."""
        self._draw(self._n_panel, self._n_targets if photodiode else self._n_targets - 6)

    def release(self) -> None:
        """Let go of what lives on the graphics card."""
        self._texture.destroy()
        self._buffer.destroy()
        self._vertices.destroy()
        self._program.removeAllShaders()

    def _draw(self, first: int, count: int) -> None:
        self.draw_nothing()
        self._program.bind()
        self._vertices.bind()
        self._texture.bind()
        # PySide takes any buffer of floats here, and an array without a copy to a list.
        self._gl.glUniform1fv(self._levels_location, N_LEVELS, self.levels)  # type: ignore[arg-type]
        self._gl.glDrawArrays(_GL_TRIANGLES, first, count)


def _corners(quads: list[Quad]) -> npt.NDArray[np.float32]:
    corners = []
    for area, level in quads:
        left, top = area.x, area.y
        right, bottom = left + area.width, top + area.height
        for x, y in (
            (left, top),
            (right, top),
            (right, bottom),
            (left, top),
            (right, bottom),
            (left, bottom),
        ):
            corners.append((x, y, level))
    return np.array(corners, dtype=np.float32)
