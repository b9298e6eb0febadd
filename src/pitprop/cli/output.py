"""What commands print and write, and the exit codes they leave with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pitprop.errors import PitpropError

PASSED, FAILED, INVALID, NOT_RUN, INTERRUPTED = 0, 1, 2, 3, 130
SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".xml": "junit",
    ".sarif": "sarif",
}
"""What `-o FILE` is written as where no format is given."""


def by_suffix(output: Path) -> str:
    """The format that goes with a file's ending."""
    form = SUFFIXES.get(output.suffix.lower())
    if form is None:
        known = ", ".join(SUFFIXES)
        raise click.UsageError(f"no format goes with the ending of {output}; give --format, or one of {known}")
    return form


def write(output: Path, text: str) -> None:
    """Write a file all at once or not at all."""
    import tempfile

    folder = output.parent
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=folder, prefix=f".{output.name}.", delete=False
        ) as draft:
            draft.write(text)
        Path(draft.name).chmod(0o666 & ~_umask())
        Path(draft.name).replace(output)
    except OSError as error:
        raise PitpropError(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def echo(text: str) -> None:
    """Print text as it is; a reader that has left is no error."""
    try:
        click.echo(text.encode(), nl=False)
    except BrokenPipeError:
        close_pipe()


def flush() -> None:
    """See that everything printed has left."""
    sys.stdout.flush()


def close_pipe() -> None:
    """Whoever read our output has left: write the rest to nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())


def count(done: int, total: int, name: str) -> None:
    """Show on one line of the terminal how far it is; nothing is left of it at the end."""
    say(f"{done + 1}/{total} {name}" if done < total else "")


def say(what: str) -> None:
    """Show on one line of the terminal what is being done; nothing is left of it at the end."""
    click.echo(f"\r{what[:78]:<78}\r", nl=False, err=True)


def told(says: str, code: int) -> int:
    """Say on standard error what is wrong, and give the exit code that goes with it."""
    for line in says.splitlines() or [""]:
        click.echo(f"pitprop: error: {line}", err=True)
    return code
