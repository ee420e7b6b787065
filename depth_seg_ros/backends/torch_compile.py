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
"""Networks compiled by PyTorch: for which sizes, in which thread, and what if they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
import logging
from queue import SimpleQueue
import threading
from typing import Any

from depth_seg_ros.backends.torch_network import TorchNetwork
from depth_seg_ros.depth import ModelLoadError
import numpy as np
from numpy.typing import NDArray

__all__ = ['CompiledNetwork']

_log = logging.getLogger(__name__)

_RUNS = 3
"""Until a CUDA graph is replayed: the first run compiles, the second records it."""

_MOST_SIZES = 4
"""PyTorch itself gives up at the ninth, and says so only in its own log."""


class CompiledNetwork:
    """
    A network that PyTorch compiles for every size of image that it meets.

    The first, at load, has to succeed. Images of other aspects wait for theirs, which is logged;
    where that fails, and from the fifth size on, the network runs as it is, with a warning.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    network : TorchNetwork
    mode : str
        Of `torch.compile`.
    threads : int
        CPU threads; 0 leaves the choice to PyTorch.

    """

    def __init__(self, name: str, network: TorchNetwork, mode: str, threads: int) -> None:
        import torch
        if threads:
            _in_thread(torch.set_num_threads, threads)
        self._name = name
        self._network = network
        self._compiled = torch.compile(network.depth, dynamic=False, mode=mode)
        self._depths: dict[tuple[int, ...], Callable[..., Any]] = {}

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Return depth of an image of shape (h, w, 3).

        Raises
        ------
        ModelLoadError
            When the network cannot be compiled for the first image.

        """
        depth: NDArray[np.float32] = _in_thread(self._run, pixels)
        return depth

    def _run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        if pixels.shape not in self._depths:
            self._depths[pixels.shape] = self._made_ready(pixels)
        return self._network.run(self._depths[pixels.shape], pixels)

    def _made_ready(self, pixels: NDArray[np.uint8]) -> Callable[..., Any]:
        """Return what computes depth of such images from now on."""
        size = f'{pixels.shape[0]} x {pixels.shape[1]}'
        is_first = not self._depths
        # Whatever fails without being compiled is no fault of the compiler.
        self._network(pixels)
        if len(self._depths) >= _MOST_SIZES:
            _log.warning('%s: images of a fifth aspect or more (%s) run uncompiled, more slowly',
                         self._name, size)
            return self._network.depth
        if not is_first:
            _log.warning('%s: images of another aspect; the network is compiled for %s, which can '
                         'take minutes', self._name, size)
        try:
            for _ in range(_RUNS):
                self._network.run(self._compiled, pixels)
        # The compiler, and the compilers that it calls, raise what they like.
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
            text = f'{self._name}: PyTorch cannot compile it for {size} ({reason})'
            if is_first:
                raise ModelLoadError(f'{text}. Install what is missing (a C++ compiler such as '
                                     f'g++; on CUDA Triton, too), or set model.compile to '
                                     f'false.') from error
            _log.warning('%s; such images run uncompiled, more slowly', text)
            return self._network.depth
        return self._compiled


def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """
    Return what a function does in the one thread where all compiled networks of a process run.

    PyTorch keeps its CUDA graphs per thread, while a node loads in one thread and has another one
    for its frames after every activation. Many versions of PyTorch run them only in the thread
    that compiled the first network (pytorch issue 123177), others record them anew in each.
    """
    answer: Future[Any] = Future()
    _calls().put((answer, function, arguments))
    return answer.result()


@cache
def _calls() -> SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]]:
    """Start that thread; return what it takes its calls from."""
    calls: SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()

    def serve() -> None:
        while True:
            _answer(*calls.get())
    # A daemon, unlike those of an executor: after Ctrl-C `depth_seg models check embedded` ended
    # 34 s later, when all was compiled; so 4 s.
    threading.Thread(target=serve, name='depth_seg_compiled', daemon=True).start()
    return calls


def _answer(answer: Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer.set_result(function(*arguments))
    except BaseException as error:  # noqa: B902 it is raised where it was asked
        answer.set_exception(error)
        del answer  # each would keep the other, and the network with them
