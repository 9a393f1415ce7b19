"""The modules of a user's own that a file imports, found without running any of them."""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from importlib.machinery import PathFinder
from modulefinder import ModuleFinder
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FOLDER = 5  # what ModuleFinder calls a package
_INSTALLED = {"site-packages", "dist-packages"}


def own_modules(source: bytes) -> dict[str, str]:
    """Return name → SHA-256 of every module that this code imports from a folder of the user's own.

    These are the modules in the folders of ``sys.path`` but those of Python itself and of installed
    packages, and what they import in turn, within functions too. bayesdrop is none of them, nor is
    a module whose name is only made when the code runs.
    """
    finder = _Finder(path=_own_folders(), excludes=["bayesdrop"])
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


class _Finder(ModuleFinder):
    """It finds modules in folders without ``__init__.py``, too."""

    def find_module(self, name: str, path: Any, parent: Any = None) -> Any:
        found = PathFinder.find_spec(name, self.path if path is None else path)
        if found is None or found.loader is not None:
            return super().find_module(name, path, parent)
        return None, list(found.submodule_search_locations or ()), ("", "", _FOLDER)

    def load_package(self, fqname: str, pathname: Any) -> Any:
        if isinstance(pathname, str):
            return super().load_package(fqname, pathname)
        package: Any = self.add_module(fqname)
        package.__path__ = pathname
        return package


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
