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
"""The states of the node, over its lifecycle services."""

from __future__ import annotations

import pytest

node_rig = pytest.importorskip('node_rig')
lifecycle_msgs = pytest.importorskip('lifecycle_msgs.msg')
lifecycle_srvs = pytest.importorskip('lifecycle_msgs.srv')
rcl_interfaces = pytest.importorskip('rcl_interfaces.srv')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
parameter = pytest.importorskip('rclpy.parameter')

OWN_TOPICS = '/depth_seg/'


@pytest.fixture
def model(tmp_path):
    return node_rig.recorded(tmp_path / 'maps', node_rig.scene())


def do(rig, label):
    """Ask for a transition; return whether it was made."""
    transition = lifecycle_msgs.Transition(label=label)
    return rig.call(lifecycle_srvs.ChangeState, '/depth_seg/change_state',
                    lifecycle_srvs.ChangeState.Request(transition=transition)).success


def state(rig):
    """Return the state as `ros2 lifecycle get` shows it."""
    return rig.call(lifecycle_srvs.GetState, '/depth_seg/get_state',
                    lifecycle_srvs.GetState.Request()).current_state.label


def set_model(rig, name):
    """Set `model.name`; return whether it was accepted."""
    request = rcl_interfaces.SetParameters.Request(parameters=[
        parameter.Parameter('model.name', value=name).to_parameter_msg()])
    answer = rig.call(rcl_interfaces.SetParameters, '/depth_seg/set_parameters', request)
    return answer.results[0].successful


def image_topics(rig):
    """Return the image topics of the node that exist now."""
    return [topic for topic, kinds in rig.client.get_topic_names_and_types()
            if topic.startswith(OWN_TOPICS) and kinds == ['sensor_msgs/msg/Image']]


def test_a_bad_model_fails_to_configure_and_a_good_one_then_works(spin_until, model):
    with node_rig.running(spin_until, '-p', 'model.name:=recorded:/nowhere') as rig:
        rig.wait(lambda: 'configure failed' in rig.status.message)
        assert 'no folder /nowhere' in rig.status.message
        assert rig.status.message.endswith(
            '; set another model.name (ros2 param set /depth_seg model.name NAME) and configure '
            'again (ros2 lifecycle set /depth_seg configure)')
        assert state(rig) == 'unconfigured'
        assert not do(rig, 'configure')
        assert set_model(rig, model)
        assert do(rig, 'configure')
        assert do(rig, 'activate')
        rig.result(rig.subscribe(sensor_msgs.Image, '/depth_seg/mask'))
        rig.wait(lambda: rig.status.level == b'\x00')


def test_without_autostart_it_waits_to_be_asked(spin_until, model):
    with node_rig.running(
            spin_until, '-p', f'model.name:={model}', '-p', 'autostart:=false') as rig:
        rig.wait_for_value('state', 'unconfigured')
        assert rig.status.message == (
            'unconfigured: run `ros2 lifecycle set /depth_seg configure`')
        assert do(rig, 'configure')
        rig.wait_for_value('state', 'inactive')
        assert rig.status.message == 'inactive: run `ros2 lifecycle set /depth_seg activate`'
        assert do(rig, 'activate')
        rig.result(rig.subscribe(sensor_msgs.Image, '/depth_seg/mask'))


def test_down_and_up_again(spin_until, model):
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
        rig.result(masks)
        assert do(rig, 'deactivate')
        rig.wait(lambda: rig.images.get_subscription_count() == 0)
        assert do(rig, 'cleanup')
        rig.wait(lambda: image_topics(rig) == ['/depth_seg/mask'])  # the subscription of the test
        assert set_model(rig, model)
        assert do(rig, 'configure')
        assert do(rig, 'activate')
        rig.result(masks)


def test_deactivating_in_the_middle_of_the_work_loses_no_count(spin_until, model):
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
        rig.result(masks)
        for _ in range(5):
            rig.images.publish(node_rig.image(960, 1280, stamp_ns=2 * 10**18))
        assert do(rig, 'deactivate')
        rig.wait_for_value('state', 'inactive')
        assert rig.count('images received') == rig.count('frames processed') + sum(
            rig.count(item.key) for item in rig.status.values
            if item.key.startswith('dropped: '))
        assert do(rig, 'activate')
        rig.result(masks)


def test_an_unexpected_error_in_a_transition_is_logged_and_leaves_the_node_unconfigured(
        spin_until, model, capfd):
    override = 'qos_overrides./depth_seg/mask.publisher.reliability:=perhaps'
    with node_rig.running(spin_until, '-p', f'model.name:={model}', '-p', override) as rig:
        rig.wait(lambda: 'configure failed: RuntimeError' in rig.status.message)
        assert state(rig) == 'unconfigured'
        rig.wait(lambda: image_topics(rig) == [])
    assert 'Traceback' in capfd.readouterr().err


def test_qos_can_be_overridden(spin_until, model):
    override = 'qos_overrides./depth_seg/mask.publisher.reliability:=best_effort'
    with node_rig.running(spin_until, '-p', f'model.name:={model}', '-p', override) as rig:
        rig.wait(lambda: rig.client.get_publishers_info_by_topic('/depth_seg/mask'))
        offered, = rig.client.get_publishers_info_by_topic('/depth_seg/mask')
        assert offered.qos_profile.reliability.name == 'BEST_EFFORT'
        rig.wait(lambda: rig.client.get_publishers_info_by_topic('/depth_seg/labels'))
        default, = rig.client.get_publishers_info_by_topic('/depth_seg/labels')
        assert default.qos_profile.reliability.name == 'RELIABLE'
        assert default.qos_profile.durability.name == 'VOLATILE'


def test_shutdown_releases_everything_from_any_state(spin_until, model):
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        rig.wait_for_value('state', 'active')
        assert do(rig, 'shutdown')
        rig.wait_for_value('state', 'finalized')
        assert rig.status.message == 'finalized: start the node again'
        rig.wait(lambda: image_topics(rig) == [])
