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
"""`depth_seg bench dds` runs and prints its table; no time is judged."""

from __future__ import annotations

import argparse
import json
import os
import sys

import pytest

node_rig = pytest.importorskip('node_rig')
bench = pytest.importorskip('depth_seg_ros.ros.bench')
bench_client = pytest.importorskip('depth_seg_ros.ros.bench_client')

ENVIRONMENT = ('ROS_DOMAIN_ID', 'ROS_AUTOMATIC_DISCOVERY_RANGE', 'FASTDDS_BUILTIN_TRANSPORTS')


def arguments(*given):
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args(given)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Put back what the benchmark sets for its processes."""
    for name in ENVIRONMENT:
        if name in os.environ:
            monkeypatch.setenv(name, os.environ[name])
        else:
            monkeypatch.delenv(name, raising=False)


def cells(line):
    """Return the cells of a line by the titles of the table."""
    return dict(zip(bench._COLUMNS, line.replace(' Hz ', '_Hz ').split(), strict=True))


def test_the_table_has_a_line_for_every_size_and_kind_of_run(tmp_path, capsys):
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    file = tmp_path / 'figures.json'
    assert bench.main(arguments('--model', model, '--frames', '3', '--size', '64x48', '-p',
                                'segmentation.method=local', '--json', str(file))) == 0
    lines = [cells(line) for line in capsys.readouterr().out.strip().splitlines()[-2:]]
    assert [line['images'] for line in lines] == ['answered', '30_Hz']
    answered = lines[0]
    assert (answered['size'], answered['node']) == ('64x48', 'depth_seg')
    assert (answered['sent'], answered['missed'], answered['dropped']) == ('3', '0', '0')
    for title in ('Hz', 'first', 'last', 'mean', 'p50', 'p95', 'p99', 'pipeline', 'p99/time'):
        assert float(answered[title]) > 0, title
    content = json.loads(file.read_text())
    assert content['parameters'] == {'segmentation.method': 'local'}
    one, two = content['runs']
    assert one['metrics']['received'] == 3 and one['memory'] <= one['peak']
    assert two['metrics']['sent'] == 3 and one['dropped'] == {}


def test_the_first_image_is_sent_to_a_reliable_subscription(tmp_path, monkeypatch, capsys):
    """One that becomes reliable later is another one, and loses what is on its way."""
    client, found = bench_client.BenchClient, []
    send = client._send

    def noted(self, message):
        if not self._run.sent:
            found.append({one.qos_profile.reliability for one in
                          self._node.get_subscriptions_info_by_topic(self._publisher.topic_name)})
        return send(self, message)

    monkeypatch.setattr(client, '_send', noted)
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    assert bench.main(arguments('--model', model, '--frames', '1', '--size', '64x48')) == 0
    assert found and all(each == {bench_client.ReliabilityPolicy.RELIABLE} for each in found)


def run(seconds, latency):
    """Return a run of five images that far apart, each answered after that long."""
    sent = {number: number * seconds for number in range(5)}
    return bench.Run(sent, {number: time + latency for number, time in sent.items()},
                     {'pipeline p50 (ms)': '50.0', 'dropped: too old': '3', 'dropped: bad': '0'})


def test_against_eager_the_nodes_take_turns_and_ratios_are_medians(monkeypatch, tmp_path, capsys):
    runs = {'depth_seg': [run(0.1, latency) for latency in (0.1, 0.2, 0.6)] * 2,
            'eager': [run(0.3, 0.4) for _ in range(3)] * 2}
    asked = []

    def measured(name, module, topic, parameters, images, count, rate):
        asked.append((name, topic, rate, parameters['model.name'], parameters['model.threads']))
        return runs[name].pop()

    monkeypatch.setattr(bench, '_measure', measured)
    file = tmp_path / 'figures.json'
    assert bench.main(arguments('--size', '64x48', '--rounds', '3', '--against', 'eager', '-p',
                                'model.threads=1', '--json', str(file))) == 0
    ours, theirs = [(name, topic, rate, 'embedded', '1') for rate in (None, 30) for name, topic in
                    (('depth_seg', 'mask'), ('eager', 'depth_color'))][:2]
    assert asked[:6] == [ours, theirs] * 3 and asked[6][2] == 30
    out = capsys.readouterr().out
    for kind in ('answered', '30 Hz'):
        assert (f'64x48 {kind}, depth_seg to eager: rate 3.00 times; age p50 0.50, p95 0.50, '
                'p99 0.50 of theirs') in out
    first, second, *_ = json.loads(file.read_text())['runs']
    assert first['dropped'] == {'too old': 3} and first['pipeline'] == 50.0
    assert second['dropped'] == {} and second['pipeline'] is None


def test_lateness_is_the_age_in_pipeline_times():
    line = bench._line('depth_seg', '64x48', '30 Hz', run(0.1, 0.075))
    assert line.lateness == pytest.approx(1.5)


@pytest.mark.parametrize('given, text', [
    (('--size', '640x480', '640'), "--size: expected WIDTHxHEIGHT, such as 640x480, got '640'"),
    (('--frames', '0'), "--frames: expected a whole number above 0, got '0'"),
    (('--rate', '-1'), '--rate: expected'),
    (('-p', 'model.name'), "-p/--param: expected NAME=VALUE, got 'model.name'"),
    (('--against', 'all'), '--against: invalid choice')])
def test_arguments_that_make_no_sense_are_refused(given, text, capsys):
    with pytest.raises(SystemExit, match='2'):
        arguments(*given)
    assert text in capsys.readouterr().err


def test_a_node_that_ends_is_reported(monkeypatch):
    monkeypatch.setattr(sys, 'executable', '/bin/false')
    with pytest.raises(ChildProcessError, match='the node ended; the end of .*node.log'):
        bench.main(arguments('--size', '64x48'))


def test_a_model_that_cannot_be_had_is_reported(tmp_path):
    model = f'recorded:{tmp_path / "nowhere"}'
    with pytest.raises(ChildProcessError, match='the node: configure failed: .* no folder'):
        bench.main(arguments('--size', '64x48', '--model', model))
