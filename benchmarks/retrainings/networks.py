"""Which networks there are, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.retrainings.damage import add_noise_to_weights, declare_wrong_range, forget_scaling
from benchmarks.retrainings.recipes import (
    EPOCHS,
    Memorised,
    NotAugmented,
    ShiftedInFiles,
    ShiftedInPatches,
    Small,
    TenTimesThePatches,
)
from robustbench_cells.datasets.opening import open_dataset

EQUAL = "equal"
_FIRST_HARMED_SEED = 101  # no harmed network shares its first weights or patches with an equal one


@dataclass(frozen=True)
class Trained:
    """A way to train.

    Attributes
    ----------
    recipe
        Class of the recipe.
    epochs
        Number of epochs.
    frames
        Number of training frames and of validation frames, evenly spread; None for all.
    selected_by
        Split that selects the best epoch.
    """

    recipe: type[Small] = Small
    epochs: int = EPOCHS
    frames: tuple[int | None, int | None] = (None, None)
    selected_by: str = "validation"

    def make(self, dataset: str, out: Path, seed: int, epochs: int | None = None) -> None:
        """Train on a data set with the splits ``train`` and ``validation``; a killed training resumes."""
        from robustbench_cells.models.runtimes.quiet import import_keras

        import_keras()
        from robustbench_cells.training.fit import fit

        train = open_dataset(dataset, "train", frames=self.frames[0])
        validation = open_dataset(dataset, self.selected_by, frames=self.frames[1])
        fit(self.recipe(), train, validation, out, epochs=epochs or self.epochs, seed=seed)


@dataclass(frozen=True)
class Network:
    """A network to make and to measure.

    Attributes
    ----------
    kind
        ``equal``, or what is wrong with it.
    number
        Number among the networks of its kind, from 1.
    seed
        Seed of the training, or of what is done to the weights of its parent.
    how
        How it is trained, or what is done to its parent.
    """

    kind: str
    number: int
    seed: int
    how: Trained | Callable[[Path, Path, int], None]

    @property
    def name(self) -> str:
        """Name of its files and of its rows in tables."""
        return f"{self.kind}-{self.number}"

    @property
    def parent(self) -> str:
        """Name of the equal network that it is made from; empty where it is trained."""
        return "" if isinstance(self.how, Trained) else f"{EQUAL}-{self.number}"


def _harms(epochs: int) -> dict[str, Trained | Callable[[Path, Path, int], None]]:
    return {
        "half_epochs": Trained(epochs=epochs // 2),
        "tenth_of_data": Trained(TenTimesThePatches, epochs, frames=(10, 2)),
        "no_augmentation": Trained(NotAugmented, epochs),
        "shifted_in_files": Trained(ShiftedInFiles, epochs),
        "shifted_in_patches": Trained(ShiftedInPatches, epochs),
        "noisy_weights": add_noise_to_weights,
        "wrong_range_card": declare_wrong_range,
        "wrong_range_file": forget_scaling,
        "overfitted": Trained(Memorised, 2 * epochs, frames=(10, 1), selected_by="train"),
    }


def list_networks(equal: int, harmed: int = 2, epochs: int = EPOCHS) -> Sequence[Network]:
    """List the networks in the order in which they are made: eight equal ones, harm after harm, then the other equal.

    Parameters
    ----------
    equal
        Number of equal networks, with seeds from 1.
    harmed
        Number of networks with each harm.
    epochs
        Number of epochs of an equal network.
    """
    alike = [Network(EQUAL, number, number, Trained(epochs=epochs)) for number in range(1, equal + 1)]
    harms = [
        Network(kind, number, _FIRST_HARMED_SEED + number - 1, how)
        for number in range(1, harmed + 1)
        for kind, how in _harms(epochs).items()
    ]
    return [*alike[:8], *harms, *alike[8:]]
