"""``robustbench-cells COMMAND``, which ``python -m robustbench_cells COMMAND`` is too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from robustbench_cells import __version__
from robustbench_cells.cli import (
    card,
    coverage,
    data,
    describe,
    distort,
    export,
    gallery,
    gate,
    list_plugins,
    report,
    results,
    simulate,
    train,
)
from robustbench_cells.cli._command import Command
from robustbench_cells.encoding import use_alike
from robustbench_cells.errors import RobustbenchError

ERROR, INTERRUPTED = 2, 130

COMMANDS: tuple[Command, ...] = (
    list_plugins,
    describe,
    distort,
    gallery,
    report,
    gate,
    results,
    data,
    card,
    export,
    train,
    simulate,
    coverage,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: its own, 2 on an error, 130 when interrupted."""
    use_alike(sys.stdout)
    use_alike(sys.stderr)
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(given[0] if given else "").parse_args(given)
    command: Command = options.chosen
    try:
        return command.run(options)
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        print(getattr(command, "INTERRUPTED", "interrupted"), file=sys.stderr)
        return INTERRUPTED


def _parser(named: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="robustbench-cells",
        description="How far may a microscope image degrade before a segmentation model breaks? The benchmark itself "
        "is run by pytest: `pytest --help` shows its options under 'robustness of cell segmentation'.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(command.NAME, help=command.HELP)
        if named == command.NAME:  # arguments of others need not be known, nor what they import
            command.configure(own)
        own.set_defaults(chosen=command)
    return parser
