"""The modules of a user's own that a file imports, found without running any of them."""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from modulefinder import ModuleFinder
from pathlib import Path
from tempfile import TemporaryDirectory

_INSTALLED = {"site-packages", "dist-packages"}


def own_modules(source: bytes) -> dict[str, str]:
    """Return name → SHA-256 of every module that this code imports from a folder of the user's own.

    These are the modules in the folders of ``sys.path`` but those of Python itself and of installed
    packages, and what they import in turn, within functions too. bayesdrop is none of them, nor is
    a module whose name is only made when the code runs.
    """
    finder = ModuleFinder(path=_own_folders(), excludes=["bayesdrop"])
    with TemporaryDirectory() as folder:
        script = Path(folder) / "file.py"
        script.write_bytes(source)
        finder.run_script(str(script))
    files = {name: vars(found)["__file__"] for name, found in sorted(finder.modules.items())}
    return {
        name: hashlib.sha256(Path(path).read_bytes()).hexdigest()
        for name, path in files.items()
        if path is not None and name != "__main__"
    }


def _own_folders() -> list[str]:
    python = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    folders = [Path(entry).resolve() for entry in sys.path]
    return [
        str(folder)
        for folder in folders
        if folder.is_dir()
        and not _INSTALLED & set(folder.parts)
        and not any(folder.is_relative_to(of) for of in python)
    ]
