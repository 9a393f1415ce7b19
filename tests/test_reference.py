"""The API reference has every public name and no other, and docstrings are sentences."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bayesdrop as bd

PAGES = Path(__file__).parents[1] / "docs" / "api"
BLOCK = re.compile(
    r"\.\. currentmodule:: (\S+)\n\.\. autosummary::\n(?:   :.*\n)+\n((?:   \w+\n)+)"
)
SUBMODULES = ("data", "family", "likelihood", "metrics", "network", "noise", "programs", "show")
ALIASES = {"Kind", "Parameters"}  # types of annotations alone, without a docstring
METHODS = {"function", "classmethod", "staticmethod", "property", "cached_property"}
IMPERATIVE = re.compile(
    "(Alternate|Bind|Check|Choose|Compare|Count|Describe|Divide|Download|Draw|Drop|Find|Fit|Go|Join"
    "|Let|List|Load|Map|Measure|Move|Name|Predict|Raise|Read|Refuse|Return|Run|Sample|Say|Set"
    "|Standardise|Write|Yield)(?=[ ;])(?! of | →)"
)
VERB = re.compile(
    r"(?<!\b[Tt]he )(?<!\bof )\b(alternate|are|becomes|begins|boosts|can't|chooses|come|computes"
    r"|does|finds|fits|follow|gives|go|has|have|holds?|is|leapfrog|reads|reports|runs?|says?|share"
    r"|stands|starts?|takes?|updates)\b"
)
LITERAL = re.compile(r"``.*?``|:\w+:`.*?`")
ASIDE = re.compile(r"\b(that|which|who|whose|what|where|when|whether|if|as|how)\b[^,;:.]*", re.I)


def listed() -> list[tuple[str, str]]:
    """Module and name of every entry."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in sorted(PAGES.glob("*.md")))
    return [(module, name) for module, names in BLOCK.findall(text) for name in names.split()]


def found(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", ["bayesdrop", *(f"bayesdrop.{name}" for name in SUBMODULES)])
def test_no_public_name_is_missing(module: str) -> None:
    there = [found(*entry) for entry in listed()]
    public = importlib.import_module(module).__all__
    of_own_page = {"metrics", "noise", "show"}
    modules = of_own_page if module == "bayesdrop" else set()
    wanted = [name for name in public if not name.startswith("_") and name not in ALIASES | modules]
    missing = [name for name in wanted if not any(found(module, name) is one for one in there)]
    assert missing == []


def test_every_submodule_that_the_package_gives_is_looked_at() -> None:
    given = {name for name in bd.__all__ if type(getattr(bd, name)) is type(bd)}
    assert given <= set(SUBMODULES)


def test_no_entry_is_there_twice() -> None:
    entries = listed()
    assert len(entries) > 100
    assert len(set(entries)) == len(entries)
    assert all(found(*entry).__doc__ for entry in entries)


def test_every_page_is_in_the_index() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"```\{toctree\}\n:maxdepth: 1\n\n(.*?)```", index, re.DOTALL)
    assert sorted(tree.split()) == sorted({p.stem for p in PAGES.glob("*.md")} - {"index"})


def documented() -> Iterator[tuple[str, Any]]:
    """Every public function and class, and the methods and properties of the classes."""
    for module, name in listed():
        yield name, found(module, name)
        for base in getattr(found(module, name), "__mro__", ()):
            for member, value in vars(base).items() if "bayesdrop" in base.__module__ else ():
                if not member.startswith("_") and type(value).__name__ in METHODS:
                    yield f"{base.__qualname__}.{member}", value


def is_sentence(text: str) -> bool:
    """Whether it starts with an imperative, or has a verb outside of its relative clauses."""
    return bool(IMPERATIVE.match(text) or VERB.search(ASIDE.sub("", LITERAL.sub("", text))))


def test_docstrings_are_sentences() -> None:
    docs = ((name, inspect.getdoc(one) or "") for name, one in documented())
    firsts = {(name, re.split(r"(?<=\.)\s|\n\n", doc)[0]) for name, doc in docs if doc}
    assert len(firsts) > 400
    assert [first for first in sorted(firsts) if not is_sentence(first[1])] == []


@pytest.mark.parametrize("text", ["The number of rows.", "The share of all.", "What ``f`` wrote."])
def test_a_phrase_is_no_sentence(text: str) -> None:
    assert not is_sentence(text)
