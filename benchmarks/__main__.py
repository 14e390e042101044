"""`python -m benchmarks [NAME...]`: every module of this folder that has a `main()`, one after another.

Each prints ratios of two things measured side by side in the same run; absolute figures only beside them.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    found = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")
    wanted = sys.argv[1:] or found
    unknown = sorted(set(wanted) - set(found))
    if unknown:
        sys.exit(f"no benchmark called {', '.join(unknown)}; there are {', '.join(found)}")
    for name in wanted:
        module = importlib.import_module(f"benchmarks.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main()


if __name__ == "__main__":
    main()
