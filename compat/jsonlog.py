"""The log as one JSON object a line, for whatever gathers logs.

Comes in: records of Python's logging, those of `journal` with their program and outcome. Goes out: text. What is
logged, and how bytes from outside are escaped, is the journal's business.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from .types import Outcome


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON; a request's outcome becomes fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("program", "client", "path"):
            if value := getattr(record, name, ""):
                fields[name] = value
        if isinstance(outcome := getattr(record, "outcome", None), Outcome):
            fields |= _outcome(outcome)
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    fields: dict[str, Any] = {"method": outcome.method, "status": outcome.status}
    if outcome.exit is not None:
        fields |= {"exit": outcome.exit.status, "signal": outcome.exit.signal}
        fields |= {"seconds": round(outcome.seconds, 6), "waited": round(outcome.waited, 6), "bytes": outcome.sent}
    if outcome.failed:
        fields["failed"] = outcome.failed
    return fields | ({"note": outcome.note} if outcome.note else {})


def json_logging() -> dict[str, Any]:
    """Return the configuration (for `logging.config.dictConfig`) that writes compat's and gunicorn's lines to standard
    error as JSON.
    """
    loggers = {
        name: {"level": "INFO", "handlers": ["stderr"], "propagate": False} for name in ("compat", "gunicorn.error")
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": f"{__name__}.{JSONFormatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": loggers,
        "root": {"level": "INFO", "handlers": []},
    }
