"""The program: its commands, how their options are named, and what becomes of errors."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from pitprop import __version__
from pitprop.cli.output import INTERRUPTED, INVALID, NOT_RUN, PASSED, close_pipe, flush, told
from pitprop.errors import PitpropError

for _threads in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")  # our matrices are small: threads made them thirty times slower
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them reads every installed package
gc.set_threshold(50_000, 20, 20)  # imports make much that lasts and little that is garbage


class Program(click.Group):
    """A group whose errors are sentences on standard error and whose exit codes are ours."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run; leaves through SystemExit with 0, 1, 2, 3 or 130."""
        kwargs["standalone_mode"] = False
        try:
            code = super().main(*args, **kwargs)
            flush()
        except click.exceptions.Exit as error:
            code = error.exit_code
        except click.ClickException as error:
            code = told(error.format_message(), INVALID)
            if isinstance(error, click.UsageError) and error.ctx is not None:
                click.echo(f"try `{error.ctx.command_path} --help`", err=True)
        except PitpropError as error:
            code = told(str(error), error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            code = told("interrupted", INTERRUPTED)
        except BrokenPipeError:
            close_pipe()
            code = PASSED
        except Exception as error:
            if os.environ.get("PITPROP_TRACEBACK"):
                raise
            fault = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            code = told(f"a fault in pitprop itself ({fault}); PITPROP_TRACEBACK=1 shows where, for a report", NOT_RUN)
        sys.exit(code if isinstance(code, int) else PASSED)


F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **told: Any) -> Callable[[F], F]:
    """An option that can also be given as PITPROP_, its command and its name."""
    return click.option(*names, show_envvar=True, **told)


def folder_option() -> Callable[[F], F]:
    return option("--allow-outside", is_flag=True, help="Read data that lie outside the register's folder as well.")


register_argument = click.argument("path", default="pitprop.yml", metavar="[PATH]")


@click.group(
    cls=Program,
    context_settings={
        "auto_envvar_prefix": "PITPROP",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Exit codes: 0 passed; 1 a ruling at or above --fail-on; 2 wrong usage or an invalid register; "
    "3 something could not be run; 130 interrupted.",
)
@click.version_option(__version__, prog_name="pitprop", message="%(prog)s %(version)s")
def main() -> None:
    """Keep metrics honest: which numbers to keep, challenge or discard, and why."""
