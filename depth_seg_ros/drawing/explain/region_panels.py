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
"""The later panels: what stands out, where it is split and joined, and what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from depth_seg_ros.detections import class_name
from depth_seg_ros.drawing.colors import class_color, hex_color
from depth_seg_ros.drawing.explain.page import (
    add_scale, BELOW, CREASE, DROPPED, entitle, explain_colors, GROWN, JOINED, KEPT, Mask, over,
    OWN, Page, say, STEP, SURE, UNKNOWN, write_inside)
from depth_seg_ros.drawing.painting import overlay
from depth_seg_ros.segmentation import RegionClass, Stages
from depth_seg_ros.segmentation.edges import share_of_step
from depth_seg_ros.segmentation.regions import grown
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ['draw_classes', 'draw_edges', 'draw_ownership', 'draw_parts', 'draw_standing',
           'owned_outline', 'standing_masks']

_ASIDE = 2
"""Both sides of an outline are compared this far from it, as the seams of segmentation are."""


def standing_masks(page: Page) -> dict[str, Mask]:
    """
    Return what stands out, by how it came to, and what is below the ground; on the work grid.

    Parameters
    ----------
    page : Page
        With stages.

    Returns
    -------
    dict of str to bool ndarray of shape (h, w)
        `sure`, `grown` to it, `dropped` as nothing sure is in touch, `below`, `far`, `ground`.

    """
    assert page.stages is not None
    found = page.stages.found
    known, open_ = page.stages.frame.valid, found.classes == RegionClass.UNKNOWN
    far = known & (found.classes == RegionClass.BACKGROUND)
    standing = known & (open_ if found.standing is None else found.standing)
    values, bars, _ = over(page)
    sure = standing & (values > bars[-1]) if page.ground is not None else standing
    dropped = known & ~standing & ~far & (values > bars[0])
    if page.ground is None:
        dropped = np.zeros_like(sure)
    return {'sure': sure, 'grown': standing & ~sure, 'dropped': dropped,
            'below': known & open_ & ~standing, 'far': far,
            'ground': known & (found.classes == RegionClass.GROUND) & ~dropped}


def draw_standing(axes: Axes, page: Page, number: str) -> None:
    """Draw what stands out, and what lies below the ground."""
    title = number + 'What stands out'
    if page.stages is None:
        entitle(axes, title, 'no relief')
        say(axes, page, 'No relief, nothing stands out.')
        return
    page.paper(axes)
    masks = standing_masks(page)
    names = {'sure': ('stands out', SURE), 'far': ('far', '#f2f2f2')}
    if page.ground is not None:
        names = {'ground': ('ground', hex_color(class_color(RegionClass.GROUND))),
                 'sure': (f'over {page.params.noise_high:g} sigma', SURE),
                 'grown': (f'over {page.low_bar():.3g}, in touch', GROWN),
                 'dropped': ('not in touch', DROPPED), 'below': ('below', BELOW),
                 'far': ('far', '#f2f2f2')}
    elif page.params.method != 'ground':
        names['far'] = 'does not', '#f2f2f2'
    for name, (_, color) in names.items():
        page.tint(axes, masks[name], color, 0.5 if name == 'ground' else 0.8)
    page.tint(axes, ~page.stages.frame.valid, UNKNOWN)
    standing = (masks['sure'] | masks['grown']).mean()
    entitle(axes, title, f'{standing:.1%} of the image; {masks["below"].mean():.1%} below the '
            f'ground' if page.ground is not None else f'{standing:.1%} of the image')
    explain_colors(axes, dict(names.values()))


def draw_edges(axes: Axes, page: Page, number: str) -> None:
    """Draw depth steps and creases over gray nearness."""
    title = number + 'Edges in depth'
    if page.stages is None:
        entitle(axes, title, 'no relief')
        say(axes, page, 'No relief, no edges.')
        return
    frame, edges, params = page.stages.frame, page.stages.edges, page.params
    page.show(axes, frame.near, cmap='gray', vmin=-0.1, vmax=1.2)
    page.tint(axes, edges.creases, CREASE)
    page.tint(axes, edges.steps, STEP)
    page.tint(axes, ~frame.valid, UNKNOWN)
    splits = params.method == 'ground'
    step = params.edge_step * share_of_step(edges.waves)
    entitle(axes, title, f'step from {step:.1%}, crease from {edges.bend:.1%} of nearness'
            if splits else 'this method splits nothing at them')
    explain_colors(axes, {'step (its far side)': STEP, 'crease (a valley)': CREASE})


def draw_parts(axes: Axes, page: Page, number: str) -> None:
    """Draw the parts between the edges, and which of their seams were taken away."""
    from matplotlib import colormaps

    title = number + 'Parts'
    if page.stages is None:
        entitle(axes, title, 'no relief')
        say(axes, page, 'No relief, no parts.')
        return
    stages = page.stages
    page.paper(axes)
    parts, names = stages.parts, _names(stages)
    colors = np.zeros((len(names), 4), np.float32)
    # Without the two grays; numbers that follow each other, often neighbors, are 7 colors apart.
    palette = np.delete(colormaps['tab20'](np.arange(20)), (14, 15), axis=0)
    colors[1:] = palette[np.arange(1, len(names)) * 7 % len(palette)]
    colors[1:, 3] = 0.85
    page.show(axes, colors[parts])
    joined, kept = seams_of(stages)
    page.tint(axes, kept, KEPT)
    page.tint(axes, joined, JOINED)
    more = f'{len(names) - 1} parts'
    if stages.found.standing is None:
        entitle(axes, title, more + ', each a region: this method joins none')
        return
    entitle(axes, title, f'{more}, joined to {int(stages.things.max())} things')
    explain_colors(axes, {'seam that was joined': JOINED, 'seam that was kept': KEPT})


def _names(stages: Stages) -> NDArray[np.int32]:
    """Return the thing of every part."""
    names = np.zeros(int(stages.parts.max()) + 1, np.int32)
    names[stages.parts.ravel()] = stages.things.ravel()
    return names


def seams_of(stages: Stages) -> tuple[Mask, Mask]:
    """Return where parts meet that were joined, and where they meet and were not."""
    parts, standing = stages.parts, stages.found.standing
    none = np.zeros(parts.shape, bool)
    if standing is None:
        return none, none
    meeting = grown(parts, standing, _ASIDE)
    things = _names(stages).take(meeting)
    joined, kept = none.copy(), none.copy()
    for there, here in (((slice(1, None),), (slice(None, -1),)),
                        ((slice(None), slice(1, None)), (slice(None), slice(None, -1)))):
        meet = (meeting[here] != meeting[there]) & (meeting[here] > 0) & (meeting[there] > 0)
        same = things[here] == things[there]
        for side in (here, there):
            joined[side] |= meet & same
            kept[side] |= meet & ~same
    return joined, kept & ~joined


def owned_outline(stages: Stages) -> Mask:
    """Return the pixels of things beside which something farther begins."""
    frame, edges, things = stages.frame, stages.edges, stages.things
    own = np.zeros(things.shape, bool)
    near, labels = (np.pad(image, _ASIDE + 1, mode='edge') for image in (frame.near, things))
    height, width = things.shape

    def moved(image: NDArray[np.generic], down: int, right: int) -> NDArray[np.generic]:
        top, left = _ASIDE + 1 + down, _ASIDE + 1 + right
        return image[top:top + height, left:left + width]

    for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        rise = (moved(near, -_ASIDE * down, -_ASIDE * right)
                - moved(near, (_ASIDE + 1) * down, (_ASIDE + 1) * right))
        ends = (things > 0) & (moved(labels, down, right) != things)
        own |= ends & edges.at_steps & (rise > 0.5 * edges.step)
    return own


def draw_ownership(axes: Axes, page: Page, number: str) -> None:
    """Draw which share of its outline every thing owns, and where."""
    from matplotlib.colors import TwoSlopeNorm

    title, bar = number + 'Ownership', page.params.ownership
    if page.stages is None:
        entitle(axes, title, 'no relief')
        say(axes, page, 'No relief, no things.')
        return
    stages = page.stages
    page.paper(axes)
    middle = min(max(bar, 0.01), 0.99)
    shown = np.ma.masked_equal(stages.things, 0)
    own = np.ma.masked_array(stages.own[stages.things], shown.mask)
    drawn = page.show(axes, own, cmap='RdYlGn', alpha=0.85, norm=TwoSlopeNorm(middle, 0.0, 1.0))
    page.tint(axes, owned_outline(stages), OWN)
    write_inside(axes, page, stages.things,
                 {thing: f'{own:.2f}' for thing, own in enumerate(stages.own)})
    entitle(axes, title, f'share of the outline that stands out (blue); object from {bar:g} on')
    add_scale(axes, drawn, [0.0, middle, 1.0],
              ['0 structure', f'{bar:g} (ownership)', '1 object'])


def draw_classes(axes: Axes, page: Page, number: str) -> None:
    """Draw the result: classes, regions and their ids."""
    result = page.result
    bare = replace(page.drawing, overlay_text=False)
    page.show(axes, overlay(result, bare)[..., ::-1], interpolation='antialiased')
    labels, classes = result.segmentation.labels, result.segmentation.classes
    write_inside(axes, page, labels, {region.id: str(region.id) for region in result.regions})
    count = len(result.regions)
    entitle(axes, number + 'Result', f'{count} region{"" if count == 1 else "s"}'
            + (', the nearest is 1' if count else '')
            + '; unknown: no depth, too small, or a fall without a rim')
    shares = np.bincount(classes.ravel(), minlength=len(RegionClass)) / classes.size
    explain_colors(axes, {f'{class_name(kind)} {shares[kind]:.0%}': hex_color(class_color(kind))
                          for kind in RegionClass if shares[kind] > 0})
