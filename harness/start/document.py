"""A first `harness.toml`, with a remark at each line of what was seen and what to say there.

A `Guess` (survey, targets) comes in, the text of the file goes out. What it leaves to people is commented out, so that
the file is valid as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.start.apache import Apache, Mount
from harness.start.survey import LoginForm, Survey
from harness.toml_text import quoted, remark

SHOWN = 8
"""Names that a remark lists."""


@dataclass(frozen=True, slots=True)
class Guess:
    """All that is known: the source's name, what its traffic shows, what Apache says, targets as the user typed them.

    `mounts` are folders of CGI programs that may be a target, under the URLs that they answer.
    """

    source: str
    survey: Survey = field(default_factory=Survey)
    apache: Apache | None = None
    mounts: Sequence[Mount] = ()
    old: str | None = None
    new: str | None = None


def document(guess: Guess) -> str:
    """Return the text of the file."""
    parts = [_opening(guess), _state_choice(guess.survey), _endpoints(guess.survey), _other_keys()]
    parts += [_targets(guess), _safety(guess.survey), _states(guess.survey), _logins(guess.survey)]
    parts += [_redacted(guess.survey), _secrets(guess.survey)]
    return "\n".join("\n".join(lines) + "\n" for part in parts if (lines := list(part)))


def app_of(mount: Mount, apache: Apache | None = None) -> str:
    """Return the TARGET that runs the programs of a folder as a server would."""
    kind = "CGIScript" if mount.is_program else "CGIDirectory"
    options = [repr(mount.folder)]
    options += [f"mount={mount.url!r}"] if mount.url else []
    options += [f"extensions={mount.extensions!r}"] if mount.extensions else []
    if apache is not None:
        options += [f"env={apache.env!r}"] if apache.env else []
        options += [f"pass_env={apache.pass_env!r}"] if apache.pass_env else []
        options += ["pass_authorization=True"] if apache.pass_authorization else []
    return f"compat:{kind}({', '.join(options)})"


def _opening(guess: Guess) -> Iterator[str]:
    yield remark(
        f"# Written by `harness init {guess.source}`. All of it is a guess: correct it. docs/harness.md says more."
    )
    survey = guess.survey
    if survey.exchanges:
        yield f"# It saw {survey.exchanges:,} exchanges{_days(survey)}; most often:"
        yield from (remark(f"#   {count:7,}  {name}") for name, count in _first(survey.endpoints))
    if survey.bodiless:
        yield f"# {survey.bodiless:,} of them have no recorded body and are not replayed."
    if guess.apache is not None and guess.apache.left:
        yield "# Of the Apache configuration this was not carried over; where it changes answers, new has to do it:"
        yield from (remark(f"#   {text}") for text in guess.apache.left[: 5 * SHOWN])


def _days(survey: Survey) -> str:
    if not survey.first:
        return ""
    first, last = (datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d") for at in (survey.first, survey.last))
    return f" of {first}" if first == last else f" of {first} to {last}"


def _state_choice(survey: Survey) -> Iterator[str]:
    if survey.states:
        yield remark(f"# The recordings start from: {', '.join(survey.states)}. A [state.NAME] below has to make each.")
    yield '# default_state = "start"  # the [state.NAME] below from which recordings start that name none'


def _endpoints(survey: Survey) -> Iterator[str]:
    yield "# Names of endpoints, by which differences are counted: {} is a segment, {*} any rest; the first that fits."
    yield from _list("endpoints", survey.patterns, '# endpoints = ["/item/{}/edit", "/files/{*}"]')
    yield "# Parameters whose values tell actions apart."
    yield from _list("parameters", survey.parameters, '# parameters = ["action"]')
    for name, values in list(survey.candidates.items())[:SHOWN]:
        yield remark(f"#   perhaps {quoted(name)}, with values like {', '.join(map(quoted, values))}")


def _list(key: str, values: Sequence[str], otherwise: str) -> Iterator[str]:
    if not values:
        yield otherwise
        return
    yield f"{key} = ["
    yield from (f"    {quoted(value)}," for value in values)
    yield "]"


def _other_keys() -> Iterator[str]:
    yield '# accepted = "accepted.toml"  # differences that are meant: harness accept'
    yield "# min_judged = 0.9            # the share of exchanges that must be judged for a verdict"
    yield "# timeout = 60.0              # seconds that an answer may take"
    yield '# network = ["127.0.0.1:3306"]  # what the targets may reach'


def _targets(guess: Guess) -> Iterator[str]:
    yield "# What serves today, and what is to replace it: a URL, module:application, ...; docs/harness.md, Targets."
    targets = dict(_known_targets(guess))
    for name in ("old", "new"):
        if name in targets:
            app, remarks = targets.pop(name)
            yield from (remark(f"# {text}") for text in remarks)
            yield from (f"[target.{name}]", f"app = {quoted(app)}")
        else:
            yield from (f"# [target.{name}]", '# app = "package.module:application"')
            yield '# python = "/srv/app/.venv/bin/python"  # if it lives in a virtual environment of its own'
    for name, (app, remarks) in targets.items():
        yield from (remark(f"# {text}") for text in remarks)
        yield from (f"[target.{name}]", f"app = {quoted(app)}")


def _known_targets(guess: Guess) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Yield name, app and remarks of each target that can be guessed; those typed come before those guessed."""
    programs = [app_of(mount, guess.apache) for mount in guess.mounts]
    taken = {"old": guess.old, "new": guess.new}
    yield from ((name, (app, [])) for name, app in taken.items() if app)
    server = _server(guess)
    if guess.old is None and (server or programs):
        yield "old", server or (programs.pop(0), ["The programs themselves, run as Apache runs them."])
    if guess.new is None and programs and server:
        yield "new", (programs.pop(0), ["The same programs under compat, without Apache."])
    yield from ((f"programs{number}", (app, [])) for number, app in enumerate(programs, 2))


def _server(guess: Guess) -> tuple[str, list[str]] | None:
    """Return the URL of what serves today, and remarks."""
    if guess.apache is not None:
        return f"http://127.0.0.1:{guess.apache.port}", ["Apache itself, where it listens."]
    if guess.mounts or not guess.survey.hosts:
        return None
    host, count = next(iter(guess.survey.hosts.items()))
    return f"http://{host}", [
        f"{count:,} requests asked for this host. If that was the recorder, say what stands behind it.",
        "Only GET, HEAD and OPTIONS are sent there, unless --allow-writes names the host.",
    ]


def _safety(survey: Survey) -> Iterator[str]:
    if not survey.doubtful:
        return
    yield "# GETs that look as if they changed something. Listed here, they are not sent to a server; * is anything."
    yield from ("# [safety]", "# unsafe = [")
    for listed, count in list(survey.doubtful.items())[: 5 * SHOWN]:
        yield remark(f"#     {quoted(listed)},  # {_exchanges(count)}")
    yield "# ]"


def _states(survey: Survey) -> Iterator[str]:
    writes = sum(survey.unsafe.values())
    yield "# What both sides start from. Without it, what is replayed writes to the data that a program finds."
    if writes:
        yield f"# {writes:,} request{'s' * (writes != 1)} may write:"
        yield from (remark(f"#   {count:7,}  {name}") for name, count in _first(survey.unsafe))
    elif survey.exchanges:
        yield "# No request of the recording seems to write (no POST, PUT, DELETE): perhaps none is needed."
    yield STATES


STATES = """\
#
# Files, and SQLite databases among them:
# [state.start]
# load = ["cp", "-aL", "/srv/app/data/.", "{files}"]  # fills an empty folder, once; a copy for each side
# database = "sqlite"                                # rows are compared, not only files
# [state.start.env]                                  # how the program is told where its data is
# APP_DATA = "{files}"
#
# MySQL or MariaDB:
# [state.start]
# load = ["sh", "/srv/app/load.sh", "{database}"]      # e.g. feeds a dump to the server in {database}
# database = "mysql"
# [state.start.env]
# DATABASE_URL = "{database}"
#
# PostgreSQL:
# [state.start]
# load = ["pg_restore", "--no-owner", "--dbname", "{database}", "/srv/app/backup.dump"]
# database = "postgres"
# [state.start.env]
# DATABASE_URL = "{database}"
# SENDMAIL = "{sendmail}"                            # mails are caught and compared; {smtp} is host:port
# BASE_URL = "http://{host}/\""""


def _logins(survey: Survey) -> Iterator[str]:
    if not (survey.users or survey.cookies):
        return
    yield "# Who was logged in, and as whom to log in now; no secret need stand here. Remove the first # of each line."
    for (how, user), count in list(survey.users.items())[:SHOWN]:
        yield from (remark(f"#   {_exchanges(count)} as {user!r} ({how}):"), "# [[login]]")
        yield f"# principal = {quoted(f'{how}:{user}')}"
        if how == "basic":
            yield f'# basic_env = "HARNESS_LOGIN_{_variable(user)}"  # this variable holds user:password'
        else:
            yield f"# remote_user = {quoted(user)}"
    for name, (count, values) in list(survey.cookies.items())[:SHOWN]:
        yield remark(
            f"#   {_exchanges(count)} with a cookie {name!r} that no recorded answer had set ({values} of its values):"
        )
        yield from ("# [[login]]", f"# principal = {quoted(f'cookie:{name}')}")
        yield f"# request = [{_login_request(survey)}]"


def _login_request(survey: Survey) -> str:
    """Return the request that logs in, with the fields of the form that was seen and no values."""
    login = survey.login or LoginForm("/login", ("user", "password"))
    form = ", ".join(f'{quoted(name)} = "..."' for name in login.fields)
    return f'{{ method = "POST", path = {quoted(login.path)}, form = {{ {form} }} }}'


def _exchanges(count: int) -> str:
    return f"{count:,} exchange{'s' * (count != 1)}"


def _variable(user: str) -> str:
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in user.upper())


def _redacted(survey: Survey) -> Iterator[str]:
    if not survey.redacted:
        return
    yield "# The recording is redacted: tokens stand for what the targets have to know. Variables hold it."
    yield "# [bind.secret]"
    for (name, who), count in list(survey.redacted.items())[:SHOWN]:
        variable = "_".join(_variable(part) for part in ("HARNESS_SECRET", name, who) if part)
        key = quoted(f"{name} of {who}" if who else name)
        yield remark(f'# {key} = {{ env = "{variable}" }}  # {_exchanges(count)}')
    if len(survey.redacted) > SHOWN:
        yield f'# {len(survey.redacted) - SHOWN} more; without a user, as in "password", an entry is for all of them.'


def _secrets(survey: Survey) -> Iterator[str]:
    if survey.secrets:
        yield "# The recording holds secrets in clear, by name and number of exchanges; keep it as the traffic itself:"
        yield from (remark(f"#   {count:7,}  {name}") for name, count in _first(survey.secrets))


def _first(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return list(counts.items())[:SHOWN]
