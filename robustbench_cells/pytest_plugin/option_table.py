"""Every option ``--rb-NAME``, as argparse takes it."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "dataset": {
        "metavar": "DATASET",
        "help": "'synthetic' (the default), a folder or files (`robustbench-cells list` shows the layouts)",
    },
    "split": {"metavar": "NAME", "help": "split of the data set (default: its own, mostly 'test')"},
    "model": {
        "action": "append",
        "metavar": "NAME|FILE",
        "help": "a shipped model, a baseline or a model file; repeatable; 'background' always runs for comparison "
        "(default: all shipped models and baselines)",
    },
    "trust-model": {
        "action": "store_true",
        "default": False,
        "help": "run models that can execute arbitrary code (Python functions, SavedModels), all of them",
    },
    "isolate": {
        "default": "on",
        "metavar": "on|off",
        "help": "on (the default) runs each model that you bring in a process of its own, within limits; off runs it "
        "in that of pytest, for a debugger",
    },
    "model-seconds": {
        "type": float,
        "default": 120.0,
        "metavar": "SECONDS",
        "help": "time that loading such a model, and each batch of 16 patches, may take (default: 120)",
    },
    "model-memory": {
        "type": float,
        "default": 4.0,
        "metavar": "GIB",
        "help": "memory that such a model may take, in GiB (default: 4; at most three quarters of the machine's or "
        "its container's)",
    },
    "model-env": {
        "action": "append",
        "metavar": "NAME",
        "help": "an environment variable that the processes of models inherit besides those that "
        "docs/models.md lists; repeatable",
    },
    "profile": {"metavar": "quick|default|full|paper", "help": "grid to run (default: default)"},
    "artefact": {
        "action": "append",
        "metavar": "NAME[=X,Y,...]",
        "help": "run this artefact, at these intensities or those of the profile, and clean; repeatable "
        "(default: the profile's whole grid)",
    },
    "together": {
        "action": "append",
        "metavar": "NAME=X+NAME",
        "help": "two artefacts at once, in the order in which they are written: one at this intensity, the other at "
        "those of the profile or those given (NAME=X+NAME=A,B,...), as in vignetting=40+shot_noise; repeatable, and "
        "beside the rest of the grid",
    },
    "frames": {"type": int, "metavar": "N", "help": "use this many frames, evenly spread (default: all of the split)"},
    "seed": {"type": int, "metavar": "N", "help": "seed of patches and artefacts (default: 0)"},
    "margin": {
        "type": int,
        "metavar": "PIXELS",
        "help": "field of interest: pixels left out at each border (default: 0)",
    },
    "white-level": {
        "type": int,
        "metavar": "VALUE",
        "help": "the value of 16-bit files that is white, for example 4095 for 12-bit cameras",
    },
    "ignore-label": {
        "type": int,
        "metavar": "VALUE",
        "help": "the value of mask pixels that the annotators left open: they are in no score (for example 255)",
    },
    "channel": {
        "metavar": "N|NAME|luminance|all",
        "help": "the channel of images that have colours or several channels: its number from 0, its name, or "
        "luminance (of red, green and blue); all for models whose cards name the channels that they take",
    },
    "block": {
        "type": int,
        "metavar": "FRAMES",
        "help": "frames of a sequence that count as one in intervals (default: 5; 1 where frames are not a sequence)",
    },
    "pixel-size": {
        "type": float,
        "metavar": "UM",
        "help": "side of a pixel of the frames in micrometres: reports show them beside px, wherever a length is shown "
        "(for example 1.6; never taken from the files)",
    },
    "floor": {
        "type": float,
        "metavar": "SCORE",
        "help": "mean Jaccard that every model must keep: the limit of break-points, for example 0.7 (default: nine "
        "tenths of the best clean score of the run)",
    },
    "refine": {
        "action": "store_true",
        "default": False,
        "help": "after the grid, run between the intensities where a model falls below its limits, until each bracket "
        "is narrower than a tenth of its value, or than what the frames leave open",
    },
    "metric": {
        "action": "append",
        "metavar": "NAME",
        "help": "compute this score as well, with those of its group: ap50 brings all scores of cells as instances "
        "(docs/instances.md); repeatable (default: those of pixels and the cell counts; with a baseline, its own)",
    },
    "edge-cells": {
        "metavar": "keep|drop",
        "help": "what counts of true cells that a patch cuts, in scores of cells: each part that is seen (keep, the "
        "default), or those alone whose larger part is inside (drop)",
    },
    "baseline": {
        "action": "append",
        "metavar": "DIR",
        "help": "stored results of the model in use, which this run must not be worse than; profile, grid, frames, "
        "split, margin, seed, block, white level and ignore label are those of the baseline; repeatable: runs of other "
        "seeds of its recipe, three or more with it, show what retraining alone does",
    },
    "gate": {
        "action": "append",
        "metavar": "CRITERION[:ARTEFACT][=TOLERANCE]",
        "help": "what else must not get worse than in the baseline, or by how much something may, under all artefacts "
        "or one; repeatable (default: area=0.01, the mean over each artefact, and jaccard=0.05, a guard at each "
        "condition; there are also precision, recall, cells and break_point, "
        "and ap50, merged and other scores of cells, docs/instances.md; `condition`: jaccard=0.01 at each "
        "condition in place of both)",
    },
    "against": {
        "action": "append",
        "metavar": "NEW=OLD",
        "help": "map a renamed model to its name in the baseline; repeatable",
    },
    "inconclusive": {
        "default": "fail",
        "metavar": "fail|pass",
        "help": "whether an inconclusive verdict is to fail (the default) or pass",
    },
    "within-spread": {
        "default": "pass",
        "metavar": "fail|pass",
        "help": "whether a loss within what retraining alone does is to fail or pass (the default)",
    },
    "sequential": {
        "action": "store_true",
        "help": "group-sequential test: look at a quarter of the frames, then half, then all, and stop a condition "
        "once it is decided",
    },
    "accept": {
        "action": "store_true",
        "help": "where the gate passes, make this run the baseline; spread.toml beside it stays",
    },
    "dask": {"metavar": "ADDRESS", "help": "compute on a Dask cluster: tcp://scheduler:8786"},
    "dask-patches": {
        "type": int,
        "metavar": "N",
        "default": 64,
        "help": "patches per task of the cluster (default: 64)",
    },
    "reports": {"default": "reports", "metavar": "DIR", "help": "folder for results and reports (default: reports)"},
    "store": {
        "metavar": "FILE",
        "help": "record cache: every record is kept here, and looked up before it is computed (default: records.sqlite "
        "in the reports)",
    },
}
