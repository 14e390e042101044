"""Where an interpreter would import from, so that a revision of a checkout is not run with modules of the work tree.

An editable install leads the interpreter to the work tree, whatever the working directory. The interpreter is asked,
without importing anything of the application; what it would take from the checkout is led to the same place in the
other folder by PYTHONPATH, and asked again.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import TargetError

TIMEOUT = 60.0
PROBE = """
import importlib.metadata, importlib.util, json, os, sys
names = {sys.argv[1]}
for found in importlib.metadata.distributions():
    try:
        installed = json.loads(found.read_text("direct_url.json") or "{}")
        if installed.get("dir_info", {}).get("editable"):
            listed = (found.read_text("top_level.txt") or "").split()
            names.update(listed or {str(path).split("/")[0] for path in found.files or () if str(path).endswith(".py")})
    except Exception:
        continue
places = {}
for name in sorted(name for name in names if name.isidentifier()):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        continue
    if spec is not None:
        found = list(spec.submodule_search_locations or ([spec.origin] if spec.has_location else []))
        places[name] = [os.path.dirname(os.path.realpath(place)) for place in found]
print(json.dumps({"path": [os.path.realpath(path) for path in sys.path if path], "places": places}))
"""


@dataclass(frozen=True, slots=True)
class Imports:
    """Import path of an interpreter, and the folders in which it finds the modules that matter."""

    path: tuple[Path, ...]
    places: Mapping[str, tuple[Path, ...]]


def ask(python: str, module: str, cwd: Path, env: Mapping[str, str]) -> Imports:
    """Ask an interpreter, run in `cwd`, where it finds a top-level module and all that is installed editable."""
    try:
        answer = subprocess.run(
            [python, "-c", PROBE, module],
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
        )
        said = json.loads((answer.stdout.splitlines() or [b""])[-1])  # before it, what a start-up prints
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TargetError(f"cannot run {python} in {cwd}: {error}") from None
    except ValueError:
        printed = (answer.stderr or answer.stdout).decode("utf-8", "replace").strip().splitlines()[-1:]
        raise TargetError(f"{python} does not tell where it imports from: {''.join(printed)}") from None
    places = {name: tuple(map(Path, folders)) for name, folders in said["places"].items()}
    return Imports(tuple(map(Path, said["path"])), places)


def led_to(tree: Path, top: Path, python: str, app: str, cwd: Path, env: Mapping[str, str]) -> Mapping[str, str]:
    """Return `env` with which `app` is imported from `tree` where it would have been imported from `top`.

    `cwd` lies in `tree`. Raises TargetError where modules of `top`, which `tree` has as well, would still be taken.
    """
    tree, top = tree.resolve(), top.resolve()
    module = app.partition(":")[0].partition(".")[0]
    ours = top / cwd.resolve().relative_to(tree)
    here = ask(python, module, ours if ours.is_dir() else top, env)
    wanted = [*here.path, *(place for places in here.places.values() for place in places)]
    moved = [str(tree / place.relative_to(top)) for place in wanted if place.is_relative_to(top)]
    folders = [folder for folder in dict.fromkeys(moved) if Path(folder).is_dir()]
    before = env.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    led = {**env, "PYTHONPATH": os.pathsep.join([*folders, *filter(None, [before])])}
    for name, places in ask(python, module, cwd, led).places.items():
        for place in places:
            if place.is_relative_to(top) and _has(tree / place.relative_to(top), name):
                raise TargetError(f"the module {name} would be imported from {place}, not from the revision asked for")
    return led


def _has(folder: Path, module: str) -> bool:
    return (folder / module).is_dir() or (folder / f"{module}.py").is_file()
