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
"""The lifecycle node: images in, depth, obstacle mask and regions out. It only wires."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
import sys
import traceback
from typing import Any

from depth_seg_ros.backends.child_process import end_children
from depth_seg_ros.depth import DepthEstimator, DepthKind, load_estimator, ModelLoadError
from depth_seg_ros.outputs import NAVIGATION
from depth_seg_ros.ros.camera_stream import CameraStream
from depth_seg_ros.ros.cameras import camera_names, camera_problems
from depth_seg_ros.ros.core_log import core_log_to
from depth_seg_ros.ros.diagnostics import diagnostic_message, NodeStatus
from depth_seg_ros.ros.frame_statistics import Summary
from depth_seg_ros.ros.parameters import NodeParameters
from depth_seg_ros.ros.processes import interrupt_no_more, interrupt_once
from depth_seg_ros.ros.stream_worker import StreamWorker
from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from std_srvs.srv import SetBool

__all__ = ['DepthSegNode', 'main']


_USAGE = """\
usage: depth_seg_node [--ros-args [-p NAME:=VALUE] [--params-file FILE] [-r FROM:=TO]]

Finds obstacles in the images of one camera, or of several: -p cameras:="front, left"

in:   image or image/compressed, camera_info (remap: -r image:=/camera/image_raw)
      of several cameras front/image, front/camera_info, ... out: ~/front/mask, ...
      only where a parameter asks for it:
      depth_in      depth of another camera instead of a network (model.name:=depth_in)
      sparse_depth  measured depth that gives meters (scale.source:=sparse)
      imu           pitch and roll of the camera (mount.attitude:=imu)
      range         height over the ground (mount.height_from:=range)
out:  ~/inverse_depth, ~/mask, ~/regions, ~/overlay, ... (ros2 node info /depth_seg)
parameters:        ros2 param list /depth_seg, config/depth_seg.yaml
launch arguments:  ros2 launch depth_seg_ros depth_seg.launch.py --show-args"""


class ConfigurationError(Exception):
    """Parameters that were given at the start and must be set right first."""


class DepthSegNode(LifecycleNode):
    """
    Depth, obstacle mask and labeled regions of every image it can keep up with.

    From one camera or several; they share the network, and take turns.

    Configure loads the model and opens the outputs, activate opens the inputs and starts the
    worker; each is taken back in reverse order. Callbacks of the executor only store and return.

    Parameters
    ----------
    **options
        As for rclpy.node.Node: `cli_args`, `namespace`, ...

    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            'depth_seg', automatically_declare_parameters_from_overrides=True, **options)
        self._estimator: DepthEstimator | None = None
        self._streams: tuple[CameraStream, ...] = ()
        self._configured = ExitStack()
        self._activated = ExitStack()
        self._enabled = True
        self._state, self._failure = 'unconfigured', ''
        self._settings = NodeParameters(self, lambda: self._estimator is not None)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self._diagnostics_timer = self.create_timer(  # while a simulation is paused, too
            self._settings.values.diagnostics.period, self._publish_diagnostics,
            clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.create_service(SetBool, '~/enable', self._on_enable)
        self._autostart_timer = self.create_timer(0.0, self._autostart)

    # Lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and open the outputs."""
        return self._attempt('configure', self._configure, 'inactive')

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the worker and open the inputs."""
        return self._attempt('activate', self._activate, 'active')

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the inputs and wait for the frame in work."""
        return self._attempt('deactivate', self._activated.close, 'inactive')

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the outputs and free the model."""
        return self._attempt('cleanup', self._configured.close, 'unconfigured')

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything."""
        return self._attempt('shutdown', self.release, 'finalized')

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything and be unconfigured again."""
        self.release()
        self._state = 'unconfigured'
        return TransitionCallbackReturn.SUCCESS

    def release(self) -> None:
        """Give back whatever is held, in any state."""
        self._activated.close()
        self._configured.close()

    def _attempt(self, name: str, action: Callable[[], None],
                 reached: str) -> TransitionCallbackReturn:
        try:
            action()
        except (ConfigurationError, ModelLoadError) as error:
            self._failure = f'{name} failed: {self._with_way_out(error)}'
            self.get_logger().error(self._failure)
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: B902 rclpy would swallow it without a word
            self._failure = f'{name} failed: {type(error).__name__}: {error}'
            if self.context.ok():  # else Ctrl-C came in between, and anything fails
                self.get_logger().error(f'{self._failure}\n{traceback.format_exc()}')
            return TransitionCallbackReturn.ERROR
        self._state, self._failure = reached, ''
        return TransitionCallbackReturn.SUCCESS

    def _with_way_out(self, error: Exception) -> str:
        if isinstance(error, ConfigurationError):
            return f'{error}; correct it, stop this node (Ctrl-C) and start it again'
        node = self.get_fully_qualified_name()
        return (f'{str(error).rstrip(".")}; set another model.name (ros2 param set {node} '
                f'model.name NAME) and configure again (ros2 lifecycle set {node} configure)')

    def _autostart(self) -> None:
        # A timer, so that the node is up and answers before the model loads.
        self.destroy_timer(self._autostart_timer)
        if self._settings.values.autostart:
            if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
                self.trigger_activate()

    def _configure(self) -> None:
        values = self._settings.values
        problems = [*self._settings.problems.values(), *camera_problems(values)]
        if problems:
            raise ConfigurationError('; '.join(problems))
        period = values.diagnostics.period
        self._diagnostics_timer.timer_period_ns = round(period * 1e9)
        with ExitStack() as undo:
            estimator = self._estimator = load_estimator(values.model)
            undo.callback(self._close_estimator)
            undo.callback(self._destroy_streams)
            for name in camera_names(values):
                self._streams += (CameraStream(
                    self, name, estimator, lambda: self._settings.values, lambda: self._enabled),)
            self._configured = undo.pop_all()
        info = estimator.info
        first, *others = self._streams
        same = ''.join(f', the same below ~/{stream.name}' for stream in others)
        self.get_logger().info(
            f'model {info.name} ({info.backend}, {info.device}, {info.precision}); publishes '
            f'{", ".join(first.result_topics)}{same}, each while somebody subscribes')
        source = values.scale.source
        if source != 'none':
            self.get_logger().info(f'meters come from scale.source {source}')
        elif info.kind is not DepthKind.METRIC:
            self.get_logger().info(
                'depth of this model is relative, without a unit, and scale.source is none: there '
                'is no ~/depth/image and no ~/depth/camera_info, nor '
                f'{", ".join(f"~/{output.topic}" for output in NAVIGATION)}; a metric model '
                '(model.name), or scale.source sparse or ground, publishes them')

    def _close_estimator(self) -> None:
        estimator, self._estimator = self._estimator, None
        if estimator is not None:
            estimator.close()

    def _destroy_streams(self) -> None:
        streams, self._streams = self._streams, ()
        for stream in streams:
            stream.destroy()

    def _activate(self) -> None:
        assert self._estimator is not None  # since configure
        with ExitStack() as undo:
            worker = StreamWorker(self._estimator.info.device)
            undo.callback(worker.stop)
            for stream in self._streams:
                stream.open(partial(worker.offer, stream))
                undo.callback(stream.close)
            self._activated = undo.pop_all()
        topics = ', '.join(stream.image_topic for stream in self._streams)
        self.get_logger().info(f'active; waits for images on {topics}')

    # Callbacks

    def _on_enable(self, request: SetBool.Request,
                   response: SetBool.Response) -> SetBool.Response:
        self._enabled = request.data
        response.success = True
        response.message = 'enabled' if request.data else 'disabled'
        return response

    def _publish_diagnostics(self) -> None:
        cameras = [(self._status(stream.name, stream), stream.statistics.summary())
                   for stream in self._streams]
        cameras = cameras or [(self._status(name, None), Summary())
                              for name in camera_names(self._settings.values)]
        self._diagnostics.publish(diagnostic_message(cameras, self.get_clock().now().to_msg()))

    def _status(self, camera: str, stream: CameraStream | None) -> NodeStatus:
        values = self._settings.values
        return NodeStatus(
            name=self.get_fully_qualified_name(), state=self._state, failure=self._failure,
            enabled=self._enabled, input_timeout=values.diagnostics.input_timeout,
            camera=camera,
            source=stream.source() if stream else None,
            model=self._estimator.info if self._estimator else None,
            input_size=values.model.input_size,
            calibrated=stream is not None and stream.camera() is not None,
            scale_source=values.scale.source, sensors=stream.sensors() if stream else {})


def main(args: list[str] | None = None) -> int:
    """Run the node until Ctrl-C or SIGTERM."""
    if {'-h', '--help'} & set(sys.argv[1:] if args is None else args):
        print(_USAGE)
        return 0
    undo = interrupt_once()
    try:
        rclpy.init(args=args)  # its own handlers of signals call those that are there
    except RuntimeError as error:  # what rcl raises; it ends with places in the source of rcl
        undo()
        reason = str(error).removeprefix('failed to initialize rcl: ').split(', at ')[0]
        print(f'depth_seg_node: error: {reason}', file=sys.stderr)
        return 2
    node = None
    try:
        node = DepthSegNode()
        with core_log_to(node.get_logger()):
            rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        interrupt_no_more()
    except Exception:  # noqa: B902 raised again, unless Ctrl-C came in the middle of a callback
        if rclpy.ok():
            raise
        interrupt_no_more()
    finally:
        end_children()  # the worker, too, may wait for one
        if node is not None:
            node.release()
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
