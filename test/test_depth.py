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
"""Depth maps: what is accepted, what is known, and their inverse."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

from depth_seg_ros import depth
from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo, load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
import pytest

NAN, INF = np.nan, np.inf
INVERSE, METRIC = DepthKind.RELATIVE_INVERSE, DepthKind.METRIC
VALUES = np.array([[2.0, 0.0, -1.0], [NAN, INF, -INF]], np.float32)


@pytest.mark.parametrize(('kind', 'known'), [
    (INVERSE, [[True, True, True], [False, False, False]]),
    (METRIC, [[True, False, False], [False, False, False]])])
def test_what_is_known_depends_on_the_kind(kind: DepthKind, known: list[list[bool]]) -> None:
    found = DepthMap(VALUES, kind)
    assert found.valid.tolist() == known
    assert found.valid.dtype == np.bool_
    assert found.shape == (2, 3)


@pytest.mark.parametrize('kind', DepthKind)
def test_a_mask_takes_away_and_never_adds(kind: DepthKind) -> None:
    nothing, everything = np.zeros((2, 3), bool), np.ones((2, 3), bool)
    assert not DepthMap(VALUES, kind, nothing).valid.any()
    np.testing.assert_array_equal(
        DepthMap(VALUES, kind, everything).valid, DepthMap(VALUES, kind).valid)


def test_the_given_arrays_are_left_as_they_are() -> None:
    values, mask = VALUES.copy(), np.ones((2, 3), bool)
    DepthMap(values, METRIC, mask).inverse()[:] = 7
    np.testing.assert_array_equal(values, VALUES)
    assert mask.all()


def test_the_inverse_of_a_relative_map_is_the_map() -> None:
    np.testing.assert_array_equal(
        DepthMap(VALUES, INVERSE).inverse(), [[2, 0, -1], [NAN, NAN, NAN]])


def test_the_inverse_of_a_metric_map_is_one_over_meters() -> None:
    values = np.array([[0.5, 4.0, 0.0, -2.0, NAN]], np.float32)
    inverse = DepthMap(values, METRIC, np.array([[True, True, True, True, True]])).inverse()
    np.testing.assert_array_equal(inverse, [[2, 0.25, NAN, NAN, NAN]])
    assert inverse.dtype == np.float32


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('meters', [1e-45, 1e-39, 1e-38, 1.2e-38, 3.4e38])
def test_the_inverse_is_finite_or_unknown(meters: float) -> None:
    found = DepthMap(np.array([[meters]], np.float32), METRIC)
    assert found.valid[0, 0] == np.isfinite(found.inverse()[0, 0])
    assert not np.isinf(found.inverse()).any()


@pytest.mark.parametrize('values', [
    np.ones((2, 3)), np.ones((2, 3), np.float16), np.ones((2, 6), np.float32)[:, ::2],
    np.ones((3, 2), np.float32).T, np.ones((2, 3), '>f4'), [[1.0] * 3] * 2])
def test_any_float_array_becomes_contiguous_float32(values: Any) -> None:
    found = DepthMap(values, METRIC).values
    assert found.dtype == np.float32 and found.dtype.isnative
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, np.ones((2, 3)))


@pytest.mark.parametrize(('values', 'kind', 'valid', 'message'), [
    (VALUES, 'metric', None, "kind: expected DepthKind, got 'metric'"),
    (np.ones((2, 3), int), METRIC, None, 'values: expected a float array, got int64'),
    (np.ones((2, 3), complex), METRIC, None, 'values: expected a float array, got complex128'),
    (VALUES, METRIC, np.ones((2, 3), np.uint8), 'valid: expected a bool array, got uint8')])
def test_another_type_is_refused(values: Any, kind: Any, valid: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        DepthMap(values, kind, valid)
    assert str(caught.value) == message


@pytest.mark.parametrize('shape', [(), (3,), (1, 2, 3), (0, 3), (3, 0)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError) as caught:
        DepthMap(np.ones(shape, np.float32), INVERSE)
    assert str(caught.value) == (
        f'values: expected shape (H, W) with H, W >= 1, got {shape}')


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        DepthMap(VALUES, INVERSE, np.ones((3, 2), bool))
    assert str(caught.value) == 'valid: expected shape (2, 3) as values, got (3, 2)'


def test_a_map_cannot_be_given_other_values() -> None:
    with pytest.raises(FrozenInstanceError):
        DepthMap(VALUES, INVERSE).values = VALUES  # type: ignore[misc]  # what is tested


def test_the_names_of_the_kinds_are_those_of_the_parameter() -> None:
    assert [kind.value for kind in DepthKind] == ['relative_inverse', 'metric']
    for kind in DepthKind:
        assert ModelParams(kind=kind.value).kind == kind.value


class Recorder:
    """An estimator that only tells whether it was loaded."""

    def __init__(self, params: ModelParams) -> None:
        self.params = params
        self.is_loaded = False

    def load(self) -> None:
        """Take note."""
        self.is_loaded = True


def test_without_a_named_backend_the_fastest_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('depth_seg_ros.backends.choice.load_fastest', lambda params: params)
    params: Any = ModelParams(backend='auto')
    assert load_estimator(params) is params


@pytest.mark.parametrize('backend', ['torch', 'openvino'])
def test_the_named_backend_is_built_and_loaded(
        backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, 'BACKENDS', {backend: f'{__name__}:Recorder'})
    params = ModelParams(backend=backend)
    found: Any = load_estimator(params)
    assert type(found).__name__ == 'Recorder'
    assert found.is_loaded and found.params is params


def test_what_cannot_be_loaded_is_an_error_of_the_model() -> None:
    with pytest.raises(ModelLoadError, match='^recorded:/gone: no folder /gone'):
        load_estimator(ModelParams(name='recorded:/gone'))


def test_an_estimator_without_weights_file_has_no_digest() -> None:
    assert EstimatorInfo('name', 'torch', 'cpu', 'fp32', METRIC).digest == ''
