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
"""What a depth map is, what estimates one, and the table of backends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Protocol

from depth_seg_ros.params import ModelParams
from depth_seg_ros.quantiles import quantile
import numpy as np
from numpy.typing import NDArray

__all__ = ['DEPTH_IN', 'DepthEstimator', 'DepthKind', 'DepthMap', 'EstimationError',
           'EstimatorInfo', 'ModelLoadError', 'load_estimator', 'shown_range']


class ModelLoadError(RuntimeError):
    """A model that cannot be had or used as asked; the message says what to do."""


class EstimationError(RuntimeError):
    """No depth for this one image; the message says why. The next image may do."""


class DepthKind(Enum):
    """What the numbers of a depth map mean."""

    RELATIVE_INVERSE = 'relative_inverse'
    """d = s / Z + t with unknown s > 0 and t; unitless, larger is nearer (MiDaS, Ranftl 2020)."""

    METRIC = 'metric'
    """Z in meters along the optical axis (REP 118)."""


_LEAST_METERS = np.finfo(np.float32).tiny
"""The inverse of what is smaller overflows."""


@dataclass(frozen=True, eq=False)
class DepthMap:
    """
    One depth map and its meaning.

    Parameters
    ----------
    values : float32 ndarray of shape (H, W)
        In the unit of `kind`. Where `valid` is False the number means nothing.
    kind : DepthKind
        What the values mean.
    valid : bool ndarray of shape (H, W), optional
        Where depth is known. Values that are not finite, and metric values that are not
        positive, are never valid; by default everything else is.

    Raises
    ------
    TypeError
        When `values` is not a float array, `valid` not bool, or `kind` not a DepthKind.
    ValueError
        When the shapes are not (H, W), not equal, or empty.

    """

    values: NDArray[np.float32]
    kind: DepthKind
    valid: NDArray[np.bool_] = None  # type: ignore[assignment]  # made in __post_init__

    def __post_init__(self) -> None:
        if not isinstance(self.kind, DepthKind):
            raise TypeError(f'kind: expected DepthKind, got {self.kind!r}')
        values = np.asarray(self.values)
        if not np.issubdtype(values.dtype, np.floating):
            raise TypeError(f'values: expected a float array, got {values.dtype}')
        if values.ndim != 2 or values.size == 0:
            raise ValueError(f'values: expected shape (H, W) with H, W >= 1, got {values.shape}')
        values = np.ascontiguousarray(values, dtype=np.float32)
        known = np.isfinite(values)
        if self.kind is DepthKind.METRIC:
            known &= values >= _LEAST_METERS
        if self.valid is not None:
            known &= _checked_mask(self.valid, values.shape)
        object.__setattr__(self, 'values', values)
        object.__setattr__(self, 'valid', known)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (height, width) in pixels."""
        height, width = self.values.shape
        return height, width

    def inverse(self) -> NDArray[np.float32]:
        """
        Return inverse depth, larger is nearer, NaN where unknown.

        Returns
        -------
        float32 ndarray of shape (H, W)
            Unitless for a relative map, 1/m for a metric one.

        """
        out = np.full(self.values.shape, np.nan, np.float32)
        if self.kind is DepthKind.METRIC:
            np.divide(1.0, self.values, out=out, where=self.valid)
        else:
            np.copyto(out, self.values, where=self.valid)
        return out


def _checked_mask(valid: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.asarray(valid)
    if mask.dtype != np.bool_:
        raise TypeError(f'valid: expected a bool array, got {mask.dtype}')
    if mask.shape != shape:
        raise ValueError(f'valid: expected shape {shape} as values, got {mask.shape}')
    return mask


_SAMPLED = 50_000
"""A map of more pixels is sampled for the range that is shown of it."""


def shown_range(inverse: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """
    Return the inverse depth drawn darkest and brightest.

    The 2 % and 98 % quantiles, each moved out by a tenth of their distance but not past the
    extremes, so that a few wild pixels do not wash out the rest. Large maps are sampled.

    Parameters
    ----------
    inverse : float ndarray of shape (H, W)
        NaN where unknown.

    Returns
    -------
    tuple of float
        (low, high) with low < high; (0, 1) when nothing is known.

    """
    # A step that shares no factor with the usual widths visits all columns.
    known = inverse.ravel()[::17 if inverse.size > _SAMPLED else 1]
    known = known[np.isfinite(known)]
    if known.size == 0:
        known = inverse[np.isfinite(inverse)]
    if known.size == 0:
        return 0.0, 1.0
    low, high = quantile(known, 0.02), quantile(known, 0.98)
    reach = 0.1 * (high - low)
    low, high = max(low - reach, known.min()), min(high + reach, known.max())
    if not high > low:
        reach = max(abs(float(low)), 1.0) * 1e-3
        low, high = low - reach, high + reach
    return float(low), float(high)


@dataclass(frozen=True)
class EstimatorInfo:
    """
    What an estimator really is, for logs and diagnostics.

    Parameters
    ----------
    name : str
        Model id, folder or `embedded`.
    backend, device, precision : str
        As chosen, never `auto`.
    kind : DepthKind
        What its maps mean.
    digest : str
        SHA-256 of the weights file in hex; empty where there is none.
    sees_image : bool
        False where its maps do not come from the image, so that a bad one does not matter.

    """

    name: str
    backend: str
    device: str
    precision: str
    kind: DepthKind
    digest: str = ''
    sees_image: bool = True


class DepthEstimator(Protocol):
    """What turns an image into depth. `load` comes before, `close` after all `estimate`."""

    @property
    def info(self) -> EstimatorInfo:
        """Return what was loaded."""

    def load(self) -> None:
        """
        Get ready to estimate.

        Raises
        ------
        ModelLoadError
            When the model, the device or a dependency is not there.

        """

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """
        Return depth on the network's own grid.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            The image as it came.

        Returns
        -------
        DepthMap
            Of any shape (h, w); it covers the whole image. Its aspect is that of the image
            up to the rounding of the network and what the backend does to very long images.

        Raises
        ------
        EstimationError
            When there is no depth for this image.

        """

    def close(self) -> None:
        """Free what `load` took. A second call does nothing."""


DEPTH_IN = 'depth_in'
"""`model.name` of depth that comes with every frame, from another camera."""

BACKENDS: dict[str, str] = {
    'torch': 'depth_seg_ros.backends.torch_backend:TorchEstimator',
    'openvino': 'depth_seg_ros.backends.openvino_backend:OpenVinoEstimator',
}
"""Inference engines by name; imported only when chosen."""


def load_estimator(params: ModelParams) -> DepthEstimator:
    """
    Build the estimator that the parameters name, and load it.

    Raises
    ------
    ModelLoadError
        As `DepthEstimator.load`.

    """
    if params.name.startswith('recorded:'):
        target = 'depth_seg_ros.backends.recorded:RecordedEstimator'
    elif params.name == DEPTH_IN:
        target = 'depth_seg_ros.backends.given:GivenEstimator'
    elif params.backend == 'auto':
        fastest: DepthEstimator = import_module(
            'depth_seg_ros.backends.choice').load_fastest(params)
        return fastest
    else:
        target = BACKENDS[params.backend]
    module, name = target.split(':')
    estimator: DepthEstimator = getattr(import_module(module), name)(params)
    estimator.load()
    return estimator
