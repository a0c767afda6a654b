"""Scores of each network on each frame, as they are kept: three small files from which every run can be had again."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from benchmarks.retrainings.evaluation import MODEL
from benchmarks.retrainings.networks import Network
from robustbench_cells.files.atomic import atomic_path, write_text
from robustbench_cells.models.card import card_path, read_card
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE

KEPT = Path(__file__).with_name("kept")
FRAMES = ("real", "synthetic")
_CONDITION = ["artefact", "intensity", "frame"]
_DECIMALS = 5


def collect(work: Path, networks: Iterable[Network], kept: Path = KEPT) -> list[str]:
    """Reduce the stored runs to the scores of each frame, and write these.

    Parameters
    ----------
    work
        Folder in which the networks were made and measured.
    networks
        Networks to look for; those that are not measured on all frames are left out.
    kept
        Folder to write ``scores.csv.gz`` (per frame the mean of each score over its patches, the sum of each count),
        ``networks.csv`` and a manifest of each set of frames into.

    Returns
    -------
    list
        Names of the networks that are in.
    """
    measured = [one for one in networks if all((work / part / one.name / "run.json").exists() for part in FRAMES)]
    tables: list[pd.DataFrame] = []
    for part in FRAMES:
        for network in measured:
            results = load(work / part / network.name)
            if network is measured[0]:
                tables.append(_of_frames(results, REFERENCE).assign(frames=part, network=REFERENCE))
                write_text(kept / f"{part}.json", _manifest_text(results.run))
            tables.append(_of_frames(results, MODEL).assign(frames=part, network=network.name))
    table = pd.concat(tables, ignore_index=True)
    table = table[["frames", "network", *(name for name in table if name not in {"frames", "network"})]]
    with atomic_path(kept / "scores.csv.gz") as temporary:
        temporary.write_bytes(gzip.compress(table.to_csv(index=False).encode(), mtime=0))
    rows = [_description(work, network) for network in measured]
    write_text(kept / "networks.csv", pd.DataFrame(rows).to_csv(index=False))
    return [network.name for network in measured]


def read_networks(kept: Path = KEPT) -> pd.DataFrame:
    """Read what is known of each network: name, kind, number, seed, parent, digest and how its training went."""
    return pd.read_csv(kept / "networks.csv", dtype={"parent": str, "digest": str}, keep_default_na=False)


def read_run(frames: str, network: str, kept: Path = KEPT) -> Results:
    """Make the run of a network again, with one record per frame, as the gate takes it.

    Where every frame has as many patches, means, differences and their errors are those of the whole run; precision
    and recall, undefined on some patches, are first averaged over the defined patches of a frame.
    """
    run, tables = _read(frames, kept)
    digest = read_networks(kept).set_index("name").loc[network, "digest"]
    sides = [tables[REFERENCE].assign(segmenter=REFERENCE), tables[network].assign(segmenter=MODEL)]
    records = pd.concat(sides, ignore_index=True).assign(patch=0)[["segmenter", *_CONDITION, "patch", *run.metrics]]
    return Results(records, replace(run, segmenters={**run.segmenters, MODEL: str(digest)}))


@cache
def _read(frames: str, kept: Path) -> tuple[RunManifest, dict[str, pd.DataFrame]]:
    run = RunManifest.from_json(json.loads((kept / f"{frames}.json").read_text(encoding="utf-8")))
    packed = gzip.decompress((kept / "scores.csv.gz").read_bytes())
    types = {"frames": str, "network": str, "artefact": str, "frame": str} | dict.fromkeys(run.metrics, float)
    table = pd.read_csv(io.BytesIO(packed), dtype=types)
    table = table[table["frames"] == frames].drop(columns="frames")
    return run, {str(name): rows.drop(columns="network") for name, rows in table.groupby("network")}


def _of_frames(results: Results, segmenter: str) -> pd.DataFrame:
    rows = results.records[results.records["segmenter"] == segmenter]
    how = {name: "sum" if info.pooled == "sum" else "mean" for name, info in results.run.metrics.items()}
    return rows.groupby(_CONDITION, as_index=False).agg(how).round(_DECIMALS)


def _manifest_text(run: RunManifest) -> str:
    """The manifest, without what is of one network or of one machine's folders."""
    title = run.dataset.title.rpartition("/")[2]
    shared = replace(
        run,
        dataset=replace(run.dataset, title=title),
        settings=replace(run.settings, dataset=title),
        segmenters={**run.segmenters, MODEL: ""},
        effort={},
        runners={},
    )
    return json.dumps(shared.to_json(), indent=1, ensure_ascii=False) + "\n"


def _description(work: Path, network: Network) -> dict[str, str | int | float]:
    path = card_path(work / "models" / f"{network.name}.keras")
    card = read_card(path) if path.exists() else {}
    training, validation = card.get("training", {}), card.get("validation", {})
    return {
        "name": network.name,
        "kind": network.kind,
        "number": network.number,
        "seed": network.seed,
        "parent": network.parent,
        "digest": load(work / FRAMES[0] / network.name).run.segmenters[MODEL],
        "epochs": training.get("epochs", ""),
        "best_epoch": training.get("best_epoch", ""),
        "minutes": training.get("minutes", ""),
        "validation_jaccard": validation.get("jaccard", ""),
    }
