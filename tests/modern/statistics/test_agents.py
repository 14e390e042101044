"""modern.statistics.agents: what User-Agents of twenty years say."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modern.statistics.agents import Agent, agent_of

PIP = {
    "ci": None, "cpu": "x86_64", "distro": {"name": "Debian GNU/Linux", "version": "12", "id": "bookworm"},
    "implementation": {"name": "CPython", "version": "3.11.2"}, "installer": {"name": "pip", "version": "24.0"},
    "python": "3.11.2", "system": {"name": "Linux", "release": "6.1.0-18"},
}  # fmt: skip
MAC = {"installer": {"name": "uv", "version": "0.4.1"}, "python": "3.12.1", "system": {"name": "Darwin"}, "cpu": 7}
SAFARI = (
    "Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10_5_5; en-us) AppleWebKit/525.18 (KHTML, like Gecko) Version/3.1.2"
    " Safari/525.20.1"
)
AGENTS = {
    "": Agent(),
    "FDM 2.x": Agent(),
    "Python-urllib/2.5 setuptools/0.6c9": Agent("installer", "setuptools", "0.6c9", "2.5"),
    "Python-urllib/2.1 setuptools/0.6c3": Agent("installer", "setuptools", "0.6c3", "2.3"),
    "Python-urllib/1.16": Agent("tool", "urllib", "1.16"),
    "Python-urllib/2.6 distribute/0.6.10": Agent("installer", "distribute", "0.6.10", "2.6"),
    "setuptools/36.0.1 Python-urllib/3.6": Agent("installer", "setuptools", "36.0.1", "3.6"),
    "z3c.pypimirror/1.0.9": Agent("mirror", "z3c.pypimirror", "1.0.9"),
    "bandersnatch/4.1 (cpython 3.7.3-final0, Linux x86_64)":
    Agent("mirror", "bandersnatch", "4.1", "3.7.3", "CPython", "Linux", cpu="x86_64"),
    "pip/1.5.4 CPython/2.7.6 Linux/3.13.0-24-generic":
    Agent("installer", "pip", "1.5.4", "2.7.6", "CPython", "Linux", "3.13.0-24-generic"),
    "pip/1.5 PyPy/2.3 Darwin/13.1.0": Agent("installer", "pip", "1.5", "", "PyPy", "macOS", "13.1.0"),
    "pip/24.0 " + json.dumps(PIP):
    Agent("installer", "pip", "24.0", "3.11.2", "CPython", "Linux", "6.1.0-18", "Debian GNU/Linux 12", "x86_64"),
    "uv/0.4.1 " + json.dumps(MAC): Agent("installer", "uv", "0.4.1", "3.12.1", "", "macOS"),
    "pip/24.0 " + json.dumps(PIP)[:-40]: Agent("installer", "pip", "24.0", cpu="x86_64", system="Linux"),
    'pip/9.0 {"installer": 5, "python": []}': Agent("installer", "pip", "9.0"),
    "conda/4.3 requests/2.12 CPython/3.6.1 Linux/4.4": Agent("installer", "conda", "4.3", "3.6.1", "CPython", "Linux",
                                                             "4.4"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": Agent("bot", "Google", "2.1"),
    "Gigabot/3.0 (http://www.gigablast.com/spider.html)": Agent("bot", "others", "3.0"),
    "curl/7.16.3 (powerpc-apple-darwin9.0) libcurl/7.16.3":
    Agent("tool", "curl", "7.16.3", system="macOS", system_version="9.0", cpu="powerpc"),
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)":
    Agent("browser", "Internet Explorer", "6.0", system="Windows", system_version="5.1"),
    SAFARI: Agent("browser", "Safari", "3.1.2", system="macOS", system_version="10.5.5"),
}  # fmt: skip


@pytest.mark.parametrize("text", AGENTS, ids=lambda text: text[:40] or "empty")
def test_an_agent_is_who_it_says(text):
    """Program, Python and system; torn JSON is read as words."""
    assert agent_of(text) == AGENTS[text]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60) | st.text(max_size=30).map(lambda text: "pip/1 {" + text))
def test_anything_is_read(text):
    """Strangers write this field: texts come out, whatever goes in."""
    assert all(isinstance(value, str) for value in agent_of(text))
