"""``python -m robustbench_cells export``: a model of ours for other programs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from robustbench_cells.errors import ModelError, RobustbenchError
from robustbench_cells.files.atomic import keep_aside, replacing, sha256

_KEPT = ("authors", "license", "training", "data", "use", "input", "output")  # of a card
_TIES = 1e-4  # share of the pixels so near to the threshold that another rounding decides


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m robustbench_cells export",
        description="Write a .keras model in a form that other programs read, read it back, and compare the masks of "
        "the two. A card goes beside it.",
        epilog="Example: python -m robustbench_cells export models/mine.keras --to bioimageio --out zoo/mine.zip",
    )
    parser.add_argument("model", help="a .keras file, or the name of a shipped model")
    parser.add_argument("--to", required=True, help="onnx, or bioimageio for a package of the BioImage Model Zoo")
    parser.add_argument("--out", type=Path, help="file to write (default: beside the model, or here if it is shipped)")
    options = parser.parse_args(arguments)
    try:
        print(export(options.model, options.to, options.out))
    except (RobustbenchError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def export(model: str, target: str, out: Path | None = None) -> str:
    """Export a model, and say what was written and how the masks of the two compare.

    Raises
    ------
    ModelError
        If the model is not a Keras one, or the file that was written gives other masks; it is not kept then.
    UnknownNameError
        If there is no such target.
    """
    import numpy as np

    from robustbench_cells.models.card import card_path, read_card, write_card
    from robustbench_cells.models.exports import EXPORTS
    from robustbench_cells.models.loading import load_segmenter, shipped_models
    from robustbench_cells.models.network import probe_images
    from robustbench_cells.models.runtimes.keras import KerasSegmenter
    from robustbench_cells.types import THRESHOLD

    form = EXPORTS.get(target)
    segmenter = load_segmenter(model)
    if not isinstance(segmenter, KerasSegmenter):
        raise ModelError(f"{model}: is no Keras model; only these are exported")
    source = shipped_models().get(model, Path(model))
    out = out or (Path(source.name) if model in shipped_models() else source).with_suffix(form.suffix)
    if out.suffix != form.suffix:
        raise ModelError(f"{out}: a file of the kind {form.name} ends in {form.suffix}")
    card = read_card(card_path(source)) if card_path(source).exists() else {}
    card.get("output", {}).pop("name", None)  # one output goes out, and its name is the format's
    interface = {name: part for name, part in card.items() if name in ("input", "output")}
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / out.name
        form.write(segmenter, card, written)
        if interface:
            write_card(card_path(written), interface)
        images = probe_images()
        masks = [one.predict(images) > THRESHOLD for one in (segmenter, load_segmenter(str(written)))]
        differing = float(np.mean(masks[0] != masks[1]))
        if differing > _TIES:
            raise ModelError(f"{out}: gives other masks than {model} at {differing:.2%} of the pixels; it is not kept")
        keep_aside(out)
        with replacing(out) as temporary:
            temporary.write_bytes(written.read_bytes())
    own = out.with_name(f"{out.name}.toml")
    parts = {name: part for name, part in card.items() if name in _KEPT}
    write_card(own, {"name": out.stem, "sha256": sha256(out), "exported": {"from_sha256": sha256(source)}, **parts})
    return f"wrote {out} and {own.name}; {differing:.4%} of the pixels of two test pictures differ from {model}"


if __name__ == "__main__":
    sys.exit(main())
