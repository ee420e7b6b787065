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
"""A hub of models on this machine, for tests without network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from pathlib import Path
import threading

from huggingface_hub import constants, file_download, utils
import pytest

__all__ = ['COMMIT', 'fill_cache', 'serving', 'use_cache', 'use_endpoint']

COMMIT = 'a' * 40

_FILE_URL = '/{repo_id}/resolve/{revision}/{filename}'


def use_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make the hub's client keep its files in a folder, and forget what other tests set."""
    # Before 1.0 the client kept one session, which had looked at the offline switch once.
    getattr(utils, 'reset_sessions', lambda: None)()
    monkeypatch.setattr(constants, 'HF_HUB_CACHE', str(folder))


def use_endpoint(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Make the hub's client ask another server, and allow it to ask at all."""
    getattr(utils, 'reset_sessions', lambda: None)()
    monkeypatch.setattr(constants, 'HF_HUB_OFFLINE', False)
    monkeypatch.setattr(constants, 'ENDPOINT', url)
    for module in (constants, file_download):
        # Before 1.0 the second one has a copy.
        monkeypatch.setattr(module, 'HUGGINGFACE_CO_URL_TEMPLATE', url + _FILE_URL, raising=False)


def fill_cache(cache: Path, name: str, model: Path, files: tuple[str, ...],
               revision: str = 'main') -> Path:
    """Lay files out as a finished download does; return the folder of the snapshot."""
    root = cache / f'models--{name.replace("/", "--")}'
    commit = revision if len(revision) == 40 else COMMIT
    snapshot = root / 'snapshots' / commit
    for folder in (root / 'blobs', root / 'refs', snapshot):
        folder.mkdir(parents=True, exist_ok=True)
    if revision != commit:
        (root / 'refs' / revision).write_text(commit)
    for file in files:
        content = (model / file).read_bytes()
        blob = root / 'blobs' / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / file).symlink_to(Path('..', '..', 'blobs', blob.name))
    return snapshot


@contextmanager
def serving(repositories: dict[str, dict[str, bytes]]) -> Iterator[str]:
    """Serve {name: {file: content}}, each with a branch main, over HTTP; yield the URL."""
    server = ThreadingHTTPServer(('127.0.0.1', 0), _handler(repositories))
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
    thread.start()
    try:
        yield f'http://127.0.0.1:{server.server_port}'
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(repositories: dict[str, dict[str, bytes]]) -> type[BaseHTTPRequestHandler]:

    class Handler(BaseHTTPRequestHandler):

        def do_HEAD(self) -> None:  # noqa: N802 (named by http.server)
            self._answer(with_body=False)

        def do_GET(self) -> None:  # noqa: N802 (named by http.server)
            self._answer(with_body=True)

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, with_body: bool) -> None:
            parts = self.path.split('?')[0].strip('/').split('/')
            listing = parts[:2] == ['api', 'models']
            owner, model, _, revision, *rest = parts[2:] if listing else parts
            files = repositories.get(f'{owner}/{model}')
            if files is None:
                return self._refuse('RepoNotFound')
            if revision not in ('main', COMMIT):
                return self._refuse('RevisionNotFound')
            body = json.dumps({
                'id': f'{owner}/{model}', 'sha': COMMIT,
                'siblings': [{'rfilename': file} for file in files],
            }).encode() if listing else files['/'.join(rest)]
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.send_header('ETag', f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header('X-Repo-Commit', COMMIT)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

        def _refuse(self, code: str) -> None:
            self.send_response(404)
            self.send_header('X-Error-Code', code)
            self.send_header('Content-Length', '0')
            self.end_headers()

    return Handler
