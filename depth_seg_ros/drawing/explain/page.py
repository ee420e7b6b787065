# Copyright 2026 The depth_seg_ros Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""What the panels of the page that explains a frame have in common."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any, TYPE_CHECKING, TypeAlias

import cv2
from depth_seg_ros.depth import DepthKind
from depth_seg_ros.drawing.colors import depth_colors
from depth_seg_ros.params import DrawingParams, SegmentationParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass, Stages
from depth_seg_ros.segmentation.ground import Ground
from depth_seg_ros.segmentation.methods import lowest_sigmas
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ['add_scale', 'BELOW', 'CREASE', 'DROPPED', 'entitle', 'explain_colors', 'GROWN', 'heat',
           'JOINED', 'KEPT', 'local_mean', 'Mask', 'over', 'OWN', 'Page', 'say', 'STEP', 'SURE',
           'UNKNOWN', 'write_inside']

Mask: TypeAlias = NDArray[np.bool_]

SURE, GROWN, DROPPED, BELOW = '#d95f02', '#fdb863', '#8073ac', '#35b7e8'
STEP, CREASE, JOINED, KEPT, OWN = '#e6261f', '#00a6d6', '#ffffff', '#000000', '#1034a6'
UNKNOWN = '#000000'

_WRITTEN = 24
"""The largest regions have something written on them; more hides the picture."""


@dataclass(frozen=True, eq=False)
class Page:
    """
    What all panels draw from.

    Parameters
    ----------
    result : FrameResult
    stages : Stages or None
        None when the depth holds no relief.
    params : SegmentationParams
    drawing : DrawingParams

    """

    result: FrameResult
    stages: Stages | None
    params: SegmentationParams
    drawing: DrawingParams

    @property
    def ground(self) -> Ground | None:
        """Return the ground, None where none was found or looked for."""
        return None if self.stages is None else self.stages.found.ground

    @property
    def threshold(self) -> float:
        """Return the lowest threshold as a nearness, NaN without one."""
        return math.nan if self.stages is None else self.stages.found.threshold

    @property
    def unit(self) -> str:
        """Return the unit of inverse depth."""
        return '[1/m]' if self.result.depth.kind is DepthKind.METRIC else '[no unit]'

    def show(self, axes: Axes, image: NDArray[np.generic], **how: Any) -> AxesImage:
        """Show an image of any size over the same place as all others: pixels of the image."""
        height, width = self.result.image_shape
        axes.set_axis_off()
        return axes.imshow(image, **{'extent': (0, width, height, 0),
                                     'interpolation': 'nearest', **how})

    def tint(self, axes: Axes, mask: Mask, color: str, opacity: float = 1.0) -> None:
        """Paint the pixels of a mask."""
        from matplotlib.colors import to_rgba

        layer = np.zeros((*mask.shape, 4), np.float32)
        layer[mask] = to_rgba(color, opacity)
        self.show(axes, layer)

    def contour(self, axes: Axes, values: NDArray[np.generic], levels: list[float],
                color: str, width: float = 1.0) -> None:
        """Draw lines of equal value, given on any grid."""
        levels = [level for level in sorted(levels)
                  if np.nanmin(values) < level < np.nanmax(values)]
        if not levels:
            return
        (height, width_px), (rows, columns) = self.result.image_shape, values.shape
        axes.contour((np.arange(columns) + 0.5) * width_px / columns,
                     (np.arange(rows) + 0.5) * height / rows, values, levels,
                     colors=color, linewidths=width, linestyles='solid')

    def paper(self, axes: Axes) -> None:
        """Show the image pale and gray, to paint on."""
        gray = cv2.cvtColor(self.result.rgb, cv2.COLOR_RGB2GRAY) / 255.0
        self.show(axes, 0.35 + 0.6 * gray, cmap='gray', vmin=0.0, vmax=1.0)

    def plane(self) -> NDArray[np.float32]:
        """Return the nearness of the ground plane, without ramp and unevenness, (h, w)."""
        assert self.ground is not None
        height, width = self.ground.surface.shape
        a, b, c = self.ground.plane
        u, v = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5)[:, None] / height
        return np.asarray(a * u + b * v + c, np.float32)

    def bend(self) -> float:
        """Return how far the ground leaves its plane (95 % quantile), as a share of nearness."""
        assert self.ground is not None and self.stages is not None
        on_ground = self.stages.found.classes == RegionClass.GROUND
        off = np.abs(self.ground.surface - self.plane()) / self.ground.clearance
        return float(np.quantile(off[on_ground], 0.95)) if on_ground.any() else 0.0

    def low_bar(self) -> float:
        """Return down to how many sigmas of the ground's noise obstacles grew in this frame."""
        assert self.stages is not None
        return lowest_sigmas(self.params, self.stages.edges.waves)

    def horizon(self) -> tuple[float, float] | None:
        """Return the rows of the image where the ground meets infinity, at its left and right."""
        if self.ground is None or self.stages is None:
            return None
        a, b, c = self.ground.plane
        height = self.result.image_shape[0]
        left, right = (height * (self.stages.frame.far - c - a * u) / b for u in (0.0, 1.0))
        return left, right

    def horizon_text(self) -> str:
        """Return where the horizon is, and how it leans."""
        rows = self.horizon()
        if rows is None:
            return ''
        height, width = self.result.image_shape
        place = sum(rows) / 2 / height
        where = (f'{-place:.0%} of the height above the image' if place < 0.0 else
                 f'{place - 1.0:.0%} of the height below the image' if place > 1.0 else
                 f'at {place:.0%} of the height')
        angle = math.degrees(math.atan2(rows[1] - rows[0], width))
        return (f'horizon {where}, {abs(angle):.1f}\N{DEGREE SIGN} down to the '
                f'{"right" if angle > 0 else "left"}')


def entitle(axes: Axes, title: str, more: str) -> None:
    """Write a title, and below it what decided."""
    axes.set_title(title, loc='left', fontweight='bold', fontsize=13, pad=21)
    axes.annotate(more, (0, 1), xycoords='axes fraction', xytext=(0, 6), fontsize=10,
                  textcoords='offset points', color='#333333')


def explain_colors(axes: Axes, colors: dict[str, str], columns: int = 4) -> None:
    """Say below a picture what its colors mean."""
    from matplotlib.patches import Patch

    axes.legend(handles=[Patch(facecolor=color, edgecolor='#888888', linewidth=0.5, label=name)
                         for name, color in colors.items()],
                loc='upper left', bbox_to_anchor=(-0.01, 0.0), ncols=columns, fontsize=10,
                frameon=False, handlelength=1.0, columnspacing=1.1, handletextpad=0.4,
                borderaxespad=0.3)


def add_scale(axes: Axes, drawn: AxesImage, ticks: list[float], names: list[str]) -> None:
    """Draw the scale of a picture below it."""
    bar = axes.figure.colorbar(drawn, cax=axes.inset_axes((0.0, -0.06, 1.0, 0.03)),
                               orientation='horizontal')
    bar.set_ticks(ticks, labels=names)
    bar.ax.tick_params(labelsize=10)
    low, high = drawn.get_clim()
    for tick, label in zip(ticks, bar.ax.get_xticklabels()):
        at = (tick - low) / (high - low)
        # At the ends a label in the middle of its tick would leave the picture.
        label.set_horizontalalignment('left' if at < 0.1 else 'right' if at > 0.9 else 'center')


def say(axes: Axes, page: Page, what: str) -> None:
    """Say in place of a picture why there is none."""
    page.show(axes, np.full((1, 1, 3), 242, np.uint8))
    axes.text(0.5, 0.5, what, transform=axes.transAxes, ha='center', va='center', fontsize=11)


def heat(axes: Axes, page: Page, values: NDArray[np.float32], limits: tuple[float, float]
         ) -> AxesImage:
    """Show values in the colors of the heat map of depth."""
    from matplotlib.colors import ListedColormap

    colors = ListedColormap(depth_colors(page.drawing.colormap)[1:, 0, ::-1] / 255.0)
    return page.show(axes, values, cmap=colors, vmin=limits[0], vmax=limits[1])


def write_inside(axes: Axes, page: Page, labels: NDArray[np.int32], texts: dict[int, str]
                 ) -> None:
    """Write on the largest regions of a label image, where they are widest."""
    from matplotlib.patheffects import withStroke

    (height, width), (rows, columns) = page.result.image_shape, labels.shape
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    for number in np.argsort(-areas, kind='stable')[:_WRITTEN]:
        if not areas[number]:
            break
        inside = np.pad((labels == number).astype(np.uint8), 1)
        row, column = np.unravel_index(
            int(cv2.distanceTransform(inside, cv2.DIST_L2, 3).argmax()), inside.shape)
        axes.text((column - 0.5) * width / columns, (row - 0.5) * height / rows,
                  texts[int(number)], fontsize=10, ha='center', va='center', clip_on=True,
                  path_effects=[withStroke(linewidth=2.5, foreground='white')])


def local_mean(page: Page) -> NDArray[np.float32]:
    """Return the mean of the neighborhood that method `local` compares with."""
    assert page.stages is not None
    near = page.stages.frame.near
    window = 2 * round(page.params.local_window * near.shape[1] / 2) + 1
    return np.asarray(cv2.blur(near, (window, window)))


def over(page: Page) -> tuple[NDArray[np.float32], list[float], str]:
    """Return how far every pixel is over what it is measured from, the bars, and the unit."""
    assert page.stages is not None
    params, frame = page.params, page.stages.frame
    if page.ground is not None:
        return page.ground.sigmas, [page.low_bar(), params.noise_high], 'sigma'
    if params.method == 'threshold':
        return frame.near - np.float32(page.threshold), [0.0], 'of the spread'
    if params.method == 'local':
        return frame.near - local_mean(page), [params.local_offset], 'of the spread'
    return frame.near - np.float32(frame.far), [params.far], 'of the spread'
