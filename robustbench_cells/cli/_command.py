"""What a command is: a module that names itself, declares its arguments and runs."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """A module of this folder.

    Attributes
    ----------
    NAME
        Name on the command line.
    HELP
        One line for the list of commands.
    """

    NAME: str
    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments, the description and an example."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Run with parsed arguments; returns the exit code."""
        ...
