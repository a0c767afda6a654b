"""The errors that a user can mend. Each message names the thing, the value and the remedy."""

_START, _END = 2000, 500  # characters that are shown of a message too long


class RobustbenchError(Exception):
    """Base of every error that this package raises on purpose.

    A message may quote what a stranger wrote: of a long one the middle is left out, and the remedy is seen.
    """

    def __str__(self) -> str:
        """The message."""
        text = super().__str__()
        return text if len(text) <= _START + _END else f"{text[:_START]} … {text[-_END:]}"


class DeclarationWarning(UserWarning):
    """What is declared of a model does not look right: it finds nothing, or cells everywhere, in a picture of cells."""


class BenchmarkWarning(UserWarning):
    """A run went on although a part of it failed."""


class PluginWarning(UserWarning):
    """A plug-in of another package cannot be loaded and is left out."""


class MissingExtraWarning(UserWarning):
    """Models that come with the package are left out of a run, since an extra that runs them is not installed."""


class DataError(RobustbenchError):
    """A frame, a mask or a data-set folder cannot be used as it is."""


class ArchiveError(RobustbenchError):
    """A zip file is damaged, larger than allowed, or holds what must not be unpacked."""


class DownloadError(RobustbenchError):
    """A file cannot be fetched, or is not the one that was to be fetched."""


class ModelError(RobustbenchError):
    """A model file cannot be loaded, or does not behave as a segmenter."""


class ResultsError(RobustbenchError):
    """Stored results are missing or cannot be read."""


class CacheError(RobustbenchError):
    """The store of records cannot be opened, written to or read."""


class ClusterError(RobustbenchError):
    """A Dask cluster cannot be reached, or cannot do the work."""


class GateError(RobustbenchError):
    """Two runs cannot be compared."""


class GridError(RobustbenchError):
    """A grid of one's own names an intensity that its artefact refuses."""


class UnknownNameError(RobustbenchError):
    """A name that no registry holds."""


class PluginError(RobustbenchError):
    """A plug-in is not whole."""


class DuplicateNameError(RobustbenchError):
    """Two plug-ins claim one name."""
