"""The models that a run has in processes of their own, and what became of them."""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import dataclass, field

from robustbench_cells.errors import InputWarning, ModelError, ModelStoppedError
from robustbench_cells.models.isolation.memory import MemoryLedger
from robustbench_cells.models.isolation.messages import WARNINGS, Answer, Job, ModelReference, Work
from robustbench_cells.models.isolation.process import (
    EndedError,
    ModelProcess,
    TookTooLongError,
    TookTooMuchError,
)
from robustbench_cells.models.isolation.shared_images import ShortReadError
from robustbench_cells.models.isolation.wall import GIBIBYTE, Wall, system_limit
from robustbench_cells.types import Image, Prediction

LOADER = "robustbench_cells.models.loading:load_segmenter"


@dataclass
class _Room:
    """One process and the models in it.

    Attributes
    ----------
    process
        The process; None before it is needed, and after a model was stopped.
    loaded
        Models that it has loaded.
    last
        Model that was at work last.
    """

    ledger: MemoryLedger
    lock: threading.RLock = field(default_factory=threading.RLock)
    process: ModelProcess | None = None
    loaded: set[ModelReference] = field(default_factory=set)
    last: ModelReference | None = None


class Host:
    """Asks processes to load models and to predict, within limits.

    All models that are data share a process. A program has one of its own: it could change what others compute.

    A model that exceeds a limit or ends its process is stopped: it raises the same error from then on, and the others
    of its process go on in a fresh one.

    Parameters
    ----------
    wall
        The limits.
    loader
        ``module:function`` that loads a model in the process; ours, but for tests of what the limits alone achieve.
    """

    def __init__(self, wall: Wall, loader: str = LOADER) -> None:
        self._wall = wall
        self._loader = loader
        self._folder = os.getcwd()
        self._owner = os.getpid()
        self._rooms: dict[ModelReference | None, _Room] = {}
        self._stopped: dict[ModelReference, str] = {}
        self._digests: dict[ModelReference, str] = {}

    def identify(self, model: ModelReference) -> Answer:
        """Compute the digest of a model, empty if only loading tells, and list its companion files.

        Raises
        ------
        ModelError
            If it cannot be used, or is stopped.
        """
        room = self._room(model)
        with room.lock:
            return self._ask(room, self._process(room, model), Work(Job.IDENTIFY, model))

    def load(self, model: ModelReference) -> Answer:
        """Load a model, and list its companion files; one that is loaded already is described.

        Raises
        ------
        ModelError
            If it cannot be used, is stopped, or has changed since it was first loaded.
        """
        room = self._room(model)
        with room.lock:
            return self._load(room, self._process(room, model), model)

    def predict(self, model: ModelReference, images: Image, halo: int | None = None) -> Prediction:
        """Predict a batch, or whole frames if a halo is given; the model is loaded if its process is a fresh one.

        Raises
        ------
        ModelError
            As `load`; and whatever the model raises.
        """
        room = self._room(model)
        with room.lock:
            process = self._process(room, model)
            if model not in room.loaded:
                self._load(room, process, model)
            process.images.put_images(images)
            answer = self._ask(room, process, Work(Job.PREDICT, model, images.shape, halo))
            try:
                return process.images.take_prediction(images.shape[:3], labels=answer.labels)
            except ShortReadError:
                why = f"{model.name} truncated the memory that its process shares, and was stopped"
                raise self._stop(room, model, why) from None

    def close(self) -> None:
        """End the processes; the next prediction starts them again."""
        for room in self._rooms.values():
            with room.lock:
                self._end(room)

    def _room(self, model: ModelReference) -> _Room:
        if self._owner != os.getpid():  # a fork of the run: what it inherits answers to the run
            self._owner, self._rooms = os.getpid(), {}
        key = None if model.is_data else model
        return self._rooms.setdefault(key, _Room(MemoryLedger(self._wall.memory_bytes)))

    def _process(self, room: _Room, model: ModelReference) -> ModelProcess:
        """The process of a room; one that has ended meanwhile was ended by the model that was last at work."""
        self._raise_if_stopped(model)
        if room.process and not room.process.is_running:
            last = room.last or model
            how = room.process.describe_end()
            error = self._stop(room, last, f"{last.name}: its process {how} between two requests")
            if model in self._stopped:
                raise error
        if room.process is None:
            room.ledger = MemoryLedger(self._wall.memory_bytes)
            environment = self._wall.inherited_environment()
            room.process = ModelProcess(self._loader, environment, system_limit(), self._folder)
        return room.process

    def _load(self, room: _Room, process: ModelProcess, model: ModelReference) -> Answer:
        answer = self._ask(room, process, Work(Job.LOAD, model))
        if self._digests.setdefault(model, answer.digest) != answer.digest:
            raise ModelError(
                f"{model.name}: its files changed while it was in use, so its records would be mixed with those of "
                "another model; run again"
            )
        room.loaded.add(model)
        return answer

    def _ask(self, room: _Room, process: ModelProcess, work: Work) -> Answer:
        model, what = work.model, work.describe()
        seconds = self._wall.seconds * work.batches
        room.last = model
        process.output.begin(model.name)
        try:
            answer = process.ask(work, seconds, lambda resident: room.ledger.is_too_much(model, resident))
        except TookTooLongError:
            option = "--rb-model-seconds (model_seconds in Python)"
            why = f"{model.name} took more than {seconds:g} s {what} and was stopped; {option} raises the limit"
            raise self._stop(room, model, why) from None
        except TookTooMuchError:
            limit = f"{self._wall.memory_bytes / GIBIBYTE:.3g} GiB of memory"
            remedy = (
                "that is three quarters of what this machine or container has, so run it where there is more"
                if self._wall.is_bounded_by_machine
                else "--rb-model-memory (model_memory in Python) raises the limit"
            )
            why = f"{model.name} took more than {limit} {what} and was stopped; {remedy}"
            raise self._stop(room, model, why) from None
        except EndedError as error:
            raise self._stop(room, model, f"{model.name}: its process {error} when it was asked {what}") from None
        except BaseException:  # an interruption: an answer that comes later must not be taken for another
            self._end(room)
            raise
        room.ledger.add(model, process.resident())
        for category, text in answer.warnings:
            warnings.warn(text, WARNINGS.get(category, InputWarning), stacklevel=4)
        if answer.error:
            raise answer.error.exception()
        return answer

    def _raise_if_stopped(self, model: ModelReference) -> None:
        if model in self._stopped:
            raise ModelStoppedError(self._stopped[model])

    def _stop(self, room: _Room, model: ModelReference, why: str) -> ModelStoppedError:
        """Leave a model out from now on, and end its process; returns the error to raise."""
        last = " | ".join(room.process.output.last) if room.process else ""
        self._end(room)
        self._stopped[model] = why + (f"; its last output: {last[-500:]}" if last else "")
        return ModelStoppedError(self._stopped[model])

    def _end(self, room: _Room) -> None:
        if room.process:
            room.process.end()
        room.process = None
        room.loaded.clear()
