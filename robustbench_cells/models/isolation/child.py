"""The process of models: it loads what it is told to, and predicts, until the run closes the connection."""

from __future__ import annotations

import ctypes
import importlib
import os
import select
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np

from robustbench_cells.errors import ExitError, ModelError, refuse_exits
from robustbench_cells.models.instance_labels import declared_kind, is_labels
from robustbench_cells.models.isolation.channel import Channel
from robustbench_cells.models.isolation.messages import (
    WARNINGS,
    Answer,
    Job,
    MessageError,
    ModelReference,
    RemoteError,
    Request,
    Work,
)
from robustbench_cells.models.isolation.shared_images import SharedImages
from robustbench_cells.models.loading import companion_files, identify, instance_kind
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.models.runtimes.threads import configured_threads, limit_threads
from robustbench_cells.types import Segmenter

Loader = Callable[..., Segmenter]
_SET_DEATH_SIGNAL = 1  # Linux: PR_SET_PDEATHSIG


def serve(end: str, parent: str, ceiling: str, loader: str) -> None:
    """Answer requests; ends the process.

    Parameters
    ----------
    end
        File descriptor of the connection.
    parent
        Process that runs the benchmark.
    ceiling
        Bytes of memory that this process may have.
    loader
        ``module:function`` that loads models: `robustbench_cells.models.loading.load_segmenter`.
    """
    connection = socket.socket(fileno=int(end))
    _die_with(int(parent), connection)
    _limit_memory(int(ceiling))
    if threads := configured_threads():
        limit_threads(threads)
    module, _, name = loader.partition(":")
    worker = Worker(getattr(importlib.import_module(module), name))
    channel = Channel(connection)
    channel.send(Answer(0).encode())
    with suppress(EOFError):
        while received := channel.receive():
            message, file = received
            answer = worker.answer(Request.decode(message), file)
            try:
                channel.send(answer.encode())
            except MessageError as error:  # very many files
                channel.send(Answer(answer.number, error=RemoteError.of(error)).encode())
    os._exit(0)  # a thread that a model left would prevent an ordinary exit


def _die_with(parent: int, connection: socket.socket) -> None:
    """End this process when the run does, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)

    def watch() -> None:
        poll = select.poll()
        poll.register(connection, 0)  # the end of the connection alone
        poll.poll()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _limit_memory(ceiling: int) -> None:
    """Have the system refuse more memory than the machine can spare; the run itself enforces the limit of a model."""
    import resource

    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (ceiling, ceiling))


class Worker:
    """Models by their references.

    Parameters
    ----------
    load
        Function that loads a model: ``load(source, trusted=…)``.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._segmenters: dict[ModelReference, Segmenter] = {}
        self._images: SharedImages | None = None

    def answer(self, request: Request, file: int | None) -> Answer:
        """Do what a request asks for."""
        if file is not None:
            self._images = SharedImages(file)
        found: list[tuple[str, str]] = []
        try:
            with _collect_warnings(found), _refuse_interrupts(request.work.model.name):
                answer = self._do(request.number, request.work)
        except Exception as error:  # a model may be third-party code
            answer = Answer(request.number, error=RemoteError.of(error))
        return replace(answer, warnings=found)

    def _do(self, number: int, work: Work) -> Answer:
        model = work.model
        if model.plugin:
            _register(model)
        match work.job:
            case Job.IDENTIFY:
                digest = identify(model.source, trusted=model.trusted)
                files, instances = companion_files(model.source), instance_kind(model.source)
                return Answer(number, digest, files, instances=instances)
            case Job.LOAD:
                return _describe(number, self._loaded(model), companion_files(model.source))
            case Job.PREDICT:
                return Answer(number, labels=self._predict(self._loaded(model), work))

    def _loaded(self, model: ModelReference) -> Segmenter:
        if model not in self._segmenters:
            self._segmenters[model] = self._load(model.source, trusted=model.trusted)
        return self._segmenters[model]

    def _predict(self, segmenter: Any, work: Work) -> bool:
        """Predict the shared images; returns whether what it predicts is labels."""
        assert self._images  # noqa: S101 - they come with the first request
        images = self._images.images(work.shape)
        found = segmenter.predict(images) if work.halo is None else segmenter.predict_whole(images, work.halo)
        shape, kind = getattr(found, "shape", None), getattr(found, "dtype", type(found))
        if not isinstance(found, np.ndarray) or shape != images.shape[:3] or kind not in (np.float32, np.int32):
            raise ModelError(
                f"{segmenter.name}: predicted {kind} of shape {shape} for images of shape {images.shape}; float32 "
                "probabilities or int32 labels of the same shape, but for channels, are needed"
            )
        self._images.put_prediction(found)
        return is_labels(found)


def _describe(number: int, segmenter: Segmenter, files: list[str]) -> Answer:
    return Answer(
        number,
        segmenter.digest,
        files,
        predicts_whole=isinstance(segmenter, NetworkSegmenter),
        runner=getattr(segmenter, "runner", None),
        instances=declared_kind(segmenter),
    )


def _register(model: ModelReference) -> None:
    try:
        importlib.import_module(model.plugin)
    except ImportError as error:
        raise ModelError(
            f"{model.source}: its format is defined in {model.plugin}, which the process of models cannot import "
            f"({error}); make it an installed plug-in or a module beside the tests, or pass --rb-isolate=off "
            "(isolate=False in Python)"
        ) from error


@contextmanager
def _collect_warnings(found: list[tuple[str, str]]) -> Iterator[None]:
    """Collect the warnings that are meant for whoever brings a model; others go to the log, as Python writes them."""
    with warnings.catch_warnings():
        for category in WARNINGS.values():
            warnings.simplefilter("always", category)
        show: Any = warnings.showwarning

        def collect(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if WARNINGS.get(category.__name__) is category:
                found.append((category.__name__, str(message)))
            else:
                show(message, category, *place)

        changed: Any = warnings
        changed.showwarning = collect
        yield


@contextmanager
def _refuse_interrupts(name: str) -> Iterator[None]:
    """Turn exits into errors, and an interruption too: nobody but the model's code can raise one here."""
    try:
        with refuse_exits(name):
            yield
    except KeyboardInterrupt as error:
        raise ExitError(f"{name}: raised {error!r}, which would end the run") from error
