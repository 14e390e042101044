"""harness.toml: what it may say, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import Config, find_config
from harness.errors import UsageError


def config_of(tmp_path: Path, text: str) -> Config:
    """The configuration in a folder that holds this file."""
    (tmp_path / "harness.toml").write_text(text)
    return find_config(tmp_path)


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """The harness works without configuration."""
    config = find_config(tmp_path)
    assert (config.min_judged, config.workers, dict(config.targets)) == (0.9, 1, {})


def test_the_file_of_a_folder_above_is_found(tmp_path: Path) -> None:
    """Relative paths then start where the file stands."""
    config_of(tmp_path, 'parameters = [":action"]')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = find_config(below)
    assert (found.root, found.parameters) == (tmp_path, (":action",))


def test_a_target_may_live_in_another_interpreter(tmp_path: Path) -> None:
    """[target.NAME]: app, python, cwd, env."""
    config = config_of(tmp_path, '[target.old]\napp = "m:a"\npython = "/usr/bin/python3"\nenv = {A = "1"}\n')
    assert (config.targets["old"].app, config.targets["old"].python, config.targets["old"].env) == (
        "m:a",
        "/usr/bin/python3",
        {"A": "1"},
    )


def test_pyproject_may_hold_the_settings(tmp_path: Path) -> None:
    """[tool.harness]."""
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\nmin_judged = 0.5\n")
    assert find_config(tmp_path).min_judged == 0.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("workers = 'two'", "workers must be a number"),
        ("colour = 1", "unknown key 'colour'"),
        ("[contrls]\nclock = false", r"unknown key 'contrls'.* did you mean 'controls'\?"),
        ("[target.old]\napp = 'm:a'\npyton = 'x'", r"unknown keys: pyton; did you mean 'python'\?"),
        ("endpoints = [1]", "endpoints must be a list of strings"),
        ("min_judged = 90", "min_judged must be between 0 and 1"),
        ("[target.old]\npython = 'x'", r"\[target.old\] needs app"),
        ("[target.old]\napp = 'm:a'\ncolor = 'x'", "unknown keys: color"),
        ("[target.old]\napp = 'm:a'\nenv = {A = 1}", "env must be a table of strings"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    """The message names the file and the key."""
    with pytest.raises(UsageError, match=words) as caught:
        config_of(tmp_path, text)
    assert "harness.toml" in str(caught.value)


def test_the_command_line_wins_over_the_file() -> None:
    """A share that is not given there is the file's; 0 is given."""
    config = Config(root=Path(), min_judged=0.5, max_stale=0.1)
    judged = config.judging(0.0, None)
    assert (judged.min_judged, judged.max_stale) == (0.0, 0.1)


def test_the_map_of_screams_is_one_file(tmp_path: Path) -> None:
    """`[scream] map`, and nothing else."""
    assert config_of(tmp_path, '[scream]\nmap = "map.json"').scream == "map.json"
    with pytest.raises(UsageError, match=r"\[scream\]"):
        config_of(tmp_path, '[scream]\nmpa = "map.json"')
