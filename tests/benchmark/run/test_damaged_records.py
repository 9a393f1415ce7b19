"""Records, notes and suites that were damaged or made up: each is refused by name, none is lost."""

from __future__ import annotations

import json
import os
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trust_page import tried_and_refused

from bayesdrop.benchmark.report.dataset_tables import not_run
from bayesdrop.benchmark.report.write import write_report
from bayesdrop.benchmark.run.json_files import DamagedFileError, read_json, write_json
from bayesdrop.benchmark.run.missing import run_missing
from bayesdrop.benchmark.run.plan import Selection
from bayesdrop.benchmark.run.progress import describe
from bayesdrop.benchmark.run.record_fields import fault_of
from bayesdrop.benchmark.run.status import status_lines
from bayesdrop.benchmark.run.store import Store
from bayesdrop.benchmark.stats.analysis import analyse
from bayesdrop.benchmark.stats.row_names import RowName
from bayesdrop.spec import digest, to_dict
from bayesdrop.suite import Suite

Damage = Callable[[Path], None]
LINEAR = Selection(models=("linear",))


def edited(**changes: Any) -> Damage:
    """Fields changed by hand, the checksum left as it was."""

    def damage(path: Path) -> None:
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return damage


def forged(**changes: Any) -> Damage:
    """Fields changed with the checksum left out, as in records of before there was one."""

    def damage(path: Path) -> None:
        record = json.loads(path.read_text()) | changes
        del record["sha256"]
        path.write_text(json.dumps(record))

    return damage


def lacking(*fields: str) -> Damage:
    def damage(path: Path) -> None:
        record = json.loads(path.read_text())
        for field in (*fields, "sha256"):
            del record[field]
        path.write_text(json.dumps(record))

    return damage


def with_setting(**changes: Any) -> Damage:
    def damage(path: Path) -> None:
        record = json.loads(path.read_text())
        forged(settings=record["settings"] | changes)(path)

    return damage


def text(content: str) -> Damage:
    return lambda path: path.write_text(content) and None


def swapped(path: Path) -> None:
    """The record of another cell under this one's name."""
    others = sorted(other for other in path.parent.iterdir() if other != path)
    shutil.copy(others[0], path)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def to_nowhere(path: Path) -> None:
    """A large file that git-annex has not fetched."""
    path.unlink()
    path.symlink_to("../annex/nowhere")


def hundred_megabytes(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(100_000_000)


def twice(path: Path) -> None:
    path.write_text(path.read_text().replace('"jobs": 1', '"jobs": 1, "jobs": 2'))


RECORDS: dict[str, tuple[Damage, str]] = {
    "empty": (text(""), "is not valid JSON"),
    "cut": (lambda path: path.write_text(path.read_text()[:900]) and None, "is not valid JSON"),
    "a merge conflict": (text("<<<<<<< HEAD\n"), "is not valid JSON"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00") and None, "is not valid JSON"),
    "a list": (text("[]"), "holds no JSON object"),
    "nested": (text('{"a":' + "[" * 100_000 + "]" * 100_000 + "}"), "is nested too deeply"),
    "not a number": (text('{"status": NaN}'), "NaN is no number of JSON"),
    "infinite": (forged(metrics={"rmse": 1e999}), "Infinity is no number of JSON"),
    "a name twice": (twice, "has a name twice"),
    "100 MB": (hundred_megabytes, "has 100 MB"),
    "a pipe": (pipe, "is no regular file"),
    "a folder": (folder, "is no regular file"),
    "endless": (endless, "is no regular file"),
    "a link to itself": (to_itself, "is a link that leads to no file"),
    "a link to nowhere": (to_nowhere, "is a link that leads to no file"),
    "an edited score": (edited(metrics={"rmse": 0.1}), "has other contents than were written"),
    "an edited time": (edited(finished="2031"), "has other contents than were written"),
    "a wrong checksum": (edited(sha256="0" * 64), "has other contents than were written"),
    "swapped": (swapped, "is the record of another key"),
    "another key": (forged(key="0" * 64), "is the record of another key"),
    "other settings": (with_setting(revision=7), "has other settings than those of its key"),
    "another dataset": (forged(dataset="boston"), "says dataset 'boston', and its settings"),
    "another split": (forged(split=19), "says split 19, and its settings"),
    "another seed": (forged(seed=19), "says seed 19, and its settings"),
    "another revision": (forged(revision=9), "says revision 9, and its settings"),
    "another configuration": (forged(configuration="0" * 12), "says configuration '0000"),
    "no status": (lacking("status"), "has a wrong status"),
    "an unknown status": (forged(status="fine"), "has a wrong status"),
    "no metrics": (lacking("metrics"), "lacks metrics"),
    "no seconds": (lacking("seconds", "jobs"), "lacks seconds, jobs"),
    "no reason": (forged(status="skipped"), "lacks reason"),
    "no error": (forged(status="failed"), "lacks error"),
    "a score in words": (forged(metrics={"rmse": "1.0"}), "has a wrong metrics.rmse: Input should"),
    "no scores": (forged(metrics={}), "has a wrong metrics"),
    "a score that is none": (forged(metrics={"rmse": None}), "has a wrong metrics.rmse"),
    "diagnostics in a list": (forged(diagnostics=[]), "has a wrong diagnostics"),
    "a split in words": (forged(split="1"), "has a wrong split"),
    "a revision that is true": (forged(revision=True), "has a wrong revision"),
    "half a revision": (forged(revision=1.5), "has a wrong revision"),
    "seconds in words": (forged(seconds={"total": 1, "run": "a"}), "has a wrong seconds.run"),
    "settings in words": (forged(settings="all"), "has a wrong settings"),
    "a histogram of two": (forged(pit_histogram=[0.5, 0.5]), "has a wrong pit_histogram"),
    "a path for a name": (forged(model="../../etc/passwd"), "has a wrong model"),
    "a name with commands": (forged(inference="\x1b[2J"), "has a wrong inference"),
    "a date with commands": (forged(finished="\x9b2J"), "has a wrong finished"),
    "a problem with commands": (
        forged(diagnostics={"problems": {"R-hat": "\x1b[2J"}}),
        "has a wrong diagnostics.problems.R-hat",
    ),
    "too many rows": (forged(n_train=10**30), "has a wrong n_train"),
    "a score beyond squares": (forged(metrics={"rmse": 1e200}), "has a wrong metrics.rmse"),
    "negative seconds": (forged(seconds={"total": -1.0}), "has a wrong seconds.total"),
    "endless seconds": (forged(seconds={"total": 1e308}), "has a wrong seconds.total"),
    "too many gradients": (forged(info={"gradients": 1e308}), "has a wrong info.gradients"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, make_record) -> Store:
    """A folder of two records."""
    store = Store(tmp_path_factory.mktemp("good") / "out")
    store.open("mine", Suite(("a",), ("m",), ("d",), 2), {"a × m": "1"})
    for split in range(2):
        store.write(make_record(split=split))
    return store


@pytest.fixture
def store(good: Store, tmp_path: Path) -> Store:
    """A copy of it, to be damaged."""
    return Store(shutil.copytree(good.folder, tmp_path / "out"))


def one_of(store: Store) -> Path:
    return min((store.folder / "records").iterdir())


def test_the_page_on_trust_has_the_count() -> None:
    assert tried_and_refused("tests/benchmark/run/test_damaged_records.py") == (
        len(RECORDS),
        len(RECORDS),
    )


@pytest.mark.parametrize("name", RECORDS)
def test_a_damaged_record_is_refused_by_name_and_put_aside(store: Store, name: str) -> None:
    damage, sentence = RECORDS[name]
    path = one_of(store)
    damage(path)
    tracemalloc.start()
    with pytest.raises(DamagedFileError) as refused:
        store.records()
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = str(refused.value)
    assert f"{path} {sentence}" in said or (said.startswith(str(path)) and sentence in said)
    assert "`bayesdrop run` puts it aside and runs its cell again" in said
    assert "\n" not in said
    assert memory < 20e6
    with pytest.raises(DamagedFileError):
        store.read(path.stem)
    assert [error.path for error in store.set_aside()] == [path]
    assert not path.exists()
    assert store.read(path.stem) is None
    assert len(store.records()) == 1  # of the other cell
    assert [one.name.split(".")[0] for one in store.damaged.iterdir()] == [path.stem]
    assert store.set_aside() == []


def test_every_byte_of_a_record_counts(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """One bit flipped in each byte, and the file cut at each: nothing else than was written."""
    path = one_of(store)
    whole, record = path.read_bytes(), store.read(path.stem)
    assert record is not None
    damaged = [
        whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :]
        for at in range(len(whole))
    ]
    damaged += [whole[:at] for at in range(0, len(whole), 5)]
    counts = Counter({"tried": len(damaged)})
    for content in damaged:
        path.write_bytes(content)
        try:
            found = store.read(path.stem) or {}
        except DamagedFileError:
            counts["refused"] += 1
        else:
            same = {name: found.get(name) for name in record} == record
            counts["survived" if same else "silent"] += 1
    with capsys.disabled():
        print(f"\nrecords, flipped and cut: {dict(counts)}, silent {counts['silent']}")
    assert counts["silent"] == 0
    assert counts["refused"] > 0.99 * counts["tried"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_whatever_a_field_holds_is_read_or_a_sentence(data: st.DataObject, make_record) -> None:
    """Also where a checksum and a key are right: nothing but a sentence comes of it."""
    record = make_record()
    name = data.draw(st.sampled_from(sorted(record)))
    part = (
        data.draw(st.sampled_from(["itself", *sorted(record[name])]))
        if isinstance(record[name], dict)
        else "itself"
    )
    value = data.draw(JSON)
    record[name] = value if part == "itself" else record[name] | {part: value}
    fault = fault_of(record, record["key"]) if isinstance(record["key"], str) else "has no key"
    assert fault is None or "\n" not in fault


def test_a_field_whose_name_has_a_line_s_end_is_named_on_one_line(make_record) -> None:
    record = make_record() | {"seconds": {"a\nb": None}}
    assert fault_of(record, record["key"]) == (
        "has a wrong seconds.a b: Input should be a valid number"
    )


def test_old_records_without_a_checksum_are_read(store: Store) -> None:
    path = one_of(store)
    before = store.read(path.stem)
    forged()(path)
    assert "sha256" not in json.loads(path.read_text())
    assert store.read(path.stem) == before


def test_spaces_and_order_are_no_damage(store: Store) -> None:
    path = one_of(store)
    before = store.read(path.stem)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))
    assert store.read(path.stem) == before


SUITES: dict[str, tuple[Any, str]] = {
    "a model": ({"type": "model:Model"}, "holds no suite"),
    "of nobody": ({"type": "suite:Theirs"}, "holds no suite .*'suite:Theirs', which is not part"),
    "no type": ({"models": ["a"]}, "holds no suite .*a dict in place of a Suite"),
    "an unknown field": ({"type": "suite:Suite", "code": "x"}, "holds no suite"),
    "a type that is none": ({"type": ["suite:Suite"]}, "holds no suite"),
    "no splits": (
        {"type": "suite:Suite", "models": ["a"], "inference": ["m"]},
        "holds no suite .*needs at least",
    ),
    "words": ("all of it", "lacks suite, or it is of a wrong type"),
    "commands": (
        to_dict(Suite(("\x1b[2J",), ("m",), ("d",), 2)),
        "has a name with characters that can't be shown",
    ),
    "millions of rows": (
        {
            **to_dict(Suite(("a",), ("m",), ("d",), 2)),
            "models": [f"a{k}" for k in range(2000)],
            "inference": [f"m{k}" for k in range(2000)],
        },
        "holds no suite .*4,000,000 rows, and a suite has at most 10,000",
    ),
}


@pytest.mark.parametrize("name", SUITES)
def test_a_damaged_suite_is_one_sentence(store: Store, name: str) -> None:
    suite, sentence = SUITES[name]
    write_json(store.folder / "suite.json", {"name": "mine", "suite": suite})
    with pytest.raises(DamagedFileError, match=rf"suite\.json {sentence}") as refused:
        status_lines(store.folder)
    assert str(refused.value).endswith("restore it")


def test_an_edited_suite_is_refused(store: Store) -> None:
    path = store.folder / "suite.json"
    path.write_text(path.read_text().replace('"a"', '"b"'))
    with pytest.raises(DamagedFileError, match=r"suite\.json has other contents than were written"):
        store.suite()


def test_a_damaged_note_is_put_aside(store: Store) -> None:
    (path,) = (store.folder / "configurations").iterdir()
    path.write_text('{"row": 1, "configuration": "1"}')
    with pytest.raises(DamagedFileError, match="lacks row, or it is of a wrong type"):
        store.configurations()
    assert [error.path for error in store.set_aside()] == [path]
    assert store.configurations() == {}


def test_what_is_no_number_of_json_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, "ü"], "b": {"c": True}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json", "") == value
    assert len(json.loads((tmp_path / "a.json").read_text())["sha256"]) == 64


# A run, and what is only looked at


def test_the_cell_of_a_damaged_record_is_run_again(
    own_files: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bayesdrop.progress.log.propagate", True)
    run_missing("suite_of_mine.py", "out", only=LINEAR)
    store, before = Store("out"), Store("out").records()
    first, second, third = sorted((store.folder / "records").iterdir())
    edited(metrics={"rmse": 0.0})(first)
    edited(status="fine")(second)
    lines = status_lines("out")
    assert "total: 1 ok, 5 missing of 6 cells" in lines
    assert [first.name in "\n".join(lines), third.name in "\n".join(lines)] == [True, False]
    with pytest.raises(DamagedFileError, match=first.name):
        analyse("out")
    assert run_missing("suite_of_mine.py", "out", only=LINEAR) == {"kept": 1, "ok": 2}
    assert [one["metrics"] for one in store.records()] == [one["metrics"] for one in before]
    assert len(list(store.damaged.iterdir())) == 2  # nothing is deleted
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert any(str(first) in one and "is put aside in out/damaged" in one for one in warnings)
    assert status_lines("out")[-1].startswith("total: 3 ok")
    assert len(analyse("out").records) == 3


def test_status_and_report_run_no_code_that_the_folder_names(own_files: Path) -> None:
    run_missing("suite_of_mine.py", "out", only=LINEAR)
    evil = "from pathlib import Path\nPath('evil').touch()\nraise SystemExit(3)\n"
    for name in ("linear.py", "least_squares.py", "suite_of_mine.py"):
        (own_files / name).write_text(evil)
    for present in (True, False):
        lines = status_lines("out")
        assert "  diabetes: linear × least_squares: 3 ok" in lines
        assert "total: 3 ok, 3 missing of 6 cells" in lines
        assert len(analyse("out").records) == 3
        if present:
            for name in ("linear.py", "least_squares.py", "suite_of_mine.py"):
                (own_files / name).unlink()
    write_report("out")
    assert not (own_files / "evil").exists()


def test_rows_of_own_files_that_have_not_run_are_counted_each(own_files: Path) -> None:
    for name in ("second", "third"):
        (own_files / f"{name}.py").write_bytes((own_files / "linear.py").read_bytes())
    (own_files / "three.py").write_text(
        "import bayesdrop as bd\n"
        "models = ('linear.py', 'second.py', 'third.py')\n"
        "SUITE = bd.Suite(models, ('least_squares.py',), ('diabetes',), 2)\n"
    )
    run_missing("three.py", "out", only=LINEAR)
    assert status_lines("out")[-1] == "total: 2 ok, 4 missing of 6 cells"


def test_a_forged_folder_names_code_in_vain(own_files: Path, make_record) -> None:
    (own_files / "evil.py").write_text("from pathlib import Path\nPath('evil').touch()\n")
    store = Store("out")
    store.open("mine", Suite(("./evil.py",), ("evil.py",), ("diabetes",), 1))
    store.write(make_record("evil", "evil", dataset="diabetes"))
    assert status_lines("out")[-1] == "total: 1 missing of 1 cells"
    assert len(analyse("out").records) == 1
    assert not (own_files / "evil").exists()


def test_a_terminal_is_sent_no_commands(store: Store, make_record) -> None:
    error = {"type": "E", "message": "\x1b[2J\x07broke"}
    record = make_record(status="failed", error=error)
    del record["metrics"], record["diagnostics"]
    assert describe(record).endswith("failed, E: [2J broke")
    lines = not_run([record], {record["key"]: RowName(0, "a", "m", "a × m")}, "failed")
    assert lines == ["a × m, d, split 0: E: [2J broke"]


def test_the_key_of_a_made_up_record_is_that_of_its_settings(make_record) -> None:
    record = make_record()
    assert digest(record["settings"]) == record["key"]
