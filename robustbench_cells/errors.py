"""Errors that the user can fix: each message names the thing, the value and the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from robustbench_cells.printable import printable_lines

_START, _END = 2000, 500  # characters shown of an over-long message


class _Printable:
    """A message may quote untrusted text: control characters in it are shown as escapes."""

    def __str__(self) -> str:
        """Format the message, line feeds as they are."""
        return printable_lines(super().__str__())


class RobustbenchError(_Printable, Exception):
    """Base of every error that this package raises on purpose.

    A message may quote untrusted text: the middle of a long one is elided, so that the remedy stays visible.
    """

    def __str__(self) -> str:
        """Format the message, with the middle of a long one elided."""
        text = super().__str__()
        return text if len(text) <= _START + _END else f"{text[:_START]} … {text[-_END:]}"


class InputWarning(_Printable, UserWarning):
    """Something about the data or the models of a run is odd; base of what is shown before the run."""


class DeclarationWarning(InputWarning):
    """A model's declaration looks wrong: it finds no cells, or almost nothing else, in a synthetic image of cells."""


class DataWarning(InputWarning):
    """Frames or masks are used although something about them is odd."""


class BenchmarkWarning(_Printable, UserWarning):
    """A run continues although a part of it failed."""


class PluginWarning(_Printable, UserWarning):
    """A plug-in of another package cannot be loaded and is left out."""


class MissingExtraWarning(InputWarning):
    """The shipped models are left out of a run, since the extra that runs them is not installed."""


class DataError(RobustbenchError):
    """A frame, a mask or a data set cannot be used as it is."""


class ArchiveError(RobustbenchError):
    """A zip file is damaged, exceeds a limit, or has content that must not be unpacked."""


class DownloadError(RobustbenchError):
    """A file cannot be downloaded, or is not the expected one."""


class ModelError(RobustbenchError):
    """A model file cannot be loaded, or does not behave as a segmenter."""


class ModelStoppedError(ModelError):
    """A model exceeded a limit or ended its process; it is left out of the rest of the run."""


class ExitError(RobustbenchError):
    """Third-party code tried to end the program, or the test that called it."""


class ResultsError(RobustbenchError):
    """Stored results are missing or cannot be read."""


class CacheError(RobustbenchError):
    """The record cache cannot be opened, read or written."""


class ClusterError(RobustbenchError):
    """A Dask cluster cannot be reached, or cannot run the tasks."""


class GateError(RobustbenchError):
    """Two runs cannot be compared."""


class GridError(RobustbenchError):
    """A custom grid has an intensity that its artefact refuses."""


class UnknownNameError(RobustbenchError):
    """A name is not registered."""


class PluginError(RobustbenchError):
    """A plug-in is incomplete."""


class DuplicateNameError(RobustbenchError):
    """Two plug-ins have the same name."""


@contextmanager
def refuse_exits(name: str) -> Iterator[None]:
    """Turn what would end the program into an error: a model that calls ``sys.exit(0)`` must not end the run.

    Parameters
    ----------
    name
        Name of what runs in the block.

    Raises
    ------
    ExitError
        In place of any exception that is no `Exception`, but for an interruption by the user.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ExitError(
            f"{name}: raised {error!r}, which would end the run; its code must not call sys.exit or the like"
        ) from error
