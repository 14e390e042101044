"""No case of the catalogue is without a test, and each that runs a program is tried with both runners."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# The numbers of the catalogue's cases, by section. They have gaps: the numbers are names.
SECTIONS = {
    "test_meta_variables.py": "1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25 26 28 29 31 32 34 35 37 38 40 41 43 44",
    "test_paths.py": "46 47 49 50 52 53 55 56 58 59 61 62 64 65 67 68 70 71 73 74 76 77 79 80 82 83 85",
    "test_bodies.py": "86 88 89 91 92 94 95 97 98 100 101 103 104 106",
    "test_responses.py": "107 109 110 112 113 115 116 118 119 121 122 124 127 128 130 131 133 134 136 137 139 140 142 "
    "143 145 146 148 149 151 152 154 155 157 158",
    "test_redirects.py": "160 161 163 164 166 167 169 170 172 173 175 176",
    "test_nph.py": "125 178 179 181 182",
    "test_process.py": "184 185 187 188 190 191 193 194 196 197 199 200 202 203 205 206 208 209 211",
    "test_modes.py": "212 214 215 217 218 220 221 223 224 226 227 229 230 232 233",
}
# One thing to see whatever runs the program, or a case of HandlerApp, or of the server's own process.
WITHOUT_A_RUNNER = {13, 43, 74, 149, 205, 229, 230, 232}
# The digits that begin a test's name or that of its row, and those that stand after the runner's name.
NUMBERED = re.compile(r"(?:::test_|\[|(?<=[a-z])-)(\d+)(?=[a-z]?[ _\]-])")


@pytest.fixture(scope="module")
def collected() -> dict[str, dict[int, list[str]]]:
    """The names of all conformance tests by file and number."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        str(HERE),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=HERE.parents[2])
    result: dict[str, dict[int, list[str]]] = {}
    for line in done.stdout.splitlines():
        for number in NUMBERED.findall(line):
            file = line.partition("::")[0].rpartition("/")[2]
            result.setdefault(file, {}).setdefault(int(number), []).append(line)
    assert result, done.stdout + done.stderr
    return result


def cases() -> Iterator[tuple[str, int]]:
    """Each number with its file."""
    for file, numbers in SECTIONS.items():
        for number in numbers.split():
            yield file, int(number)


def test_the_catalogue_has_156_cases() -> None:
    """The list is whole, and names no case twice."""
    numbers = [number for _, number in cases()]
    assert len(numbers) == len(set(numbers)) == 156


@pytest.mark.parametrize(("file", "number"), list(cases()), ids=lambda value: str(value))
def test_case_is_tested(collected: dict[str, dict[int, list[str]]], file: str, number: int) -> None:
    """The case has a test in the file of its section, and one with each runner where a runner matters."""
    names = collected.get(file, {}).get(number, [])
    assert names, f"no test is named by case {number}"
    if number not in WITHOUT_A_RUNNER:
        for runner in ("exec", "warm"):
            assert any(runner in name for name in names), f"case {number} is not tried with {runner}"
