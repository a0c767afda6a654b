"""Export of Keras models to formats that other programs read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import atomic_path, back_up
from robustbench_cells.files.checksums import sha256

_KEPT = ("authors", "license", "training", "data", "use", "input", "output")  # parts of the card
_MAX_TIES = 1e-4  # share of pixels so near the threshold that rounding decides


def export(model: str, target: str, out: Path | None = None) -> str:
    """Export a model, and report the files written and how the masks of the two models compare.

    Raises
    ------
    ModelError
        If a required library is missing, the model is not a Keras model, or the exported one predicts other masks; it
        is then not kept.
    UnknownNameError
        If there is no such target.
    """
    import numpy as np

    from robustbench_cells.models.card import card_path, read_card, write_card
    from robustbench_cells.models.exports import EXPORTS
    from robustbench_cells.models.extras import require_extra
    from robustbench_cells.models.instance_labels import foreground
    from robustbench_cells.models.loading import load_keras, load_segmenter, shipped_models
    from robustbench_cells.models.probe import as_seen, probe_images

    exporter = EXPORTS.get(target)
    require_extra(f"export of {model}", exporter.extra)
    segmenter = load_keras(model)
    source = shipped_models().get(model, Path(model))
    out = out or (Path(source.name) if model in shipped_models() else source).with_suffix(exporter.suffix)
    if out.suffix != exporter.suffix:
        raise ModelError(f"{out}: the name of a {exporter.name} file must end in {exporter.suffix}")
    card = read_card(card_path(source)) if card_path(source).exists() else {}
    card.get("output", {}).pop("name", None)  # one output is exported, under the target's name for it
    interface = {name: part for name, part in card.items() if name in ("input", "output")}
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / out.name
        exporter.write(segmenter, card, written)
        if interface:
            write_card(card_path(written), interface)
        images = as_seen(probe_images(), segmenter.interface)
        masks = [foreground(one.predict(images)) for one in (segmenter, load_segmenter(str(written)))]
        differing = float(np.mean(masks[0] != masks[1]))
        if differing > _MAX_TIES:
            raise ModelError(f"{out}: differs from {model} in {differing:.2%} of the mask pixels; it is not kept")
        back_up(out)
        with atomic_path(out) as temporary:
            temporary.write_bytes(written.read_bytes())
    own = out.with_name(f"{out.name}.toml")
    parts = {name: part for name, part in card.items() if name in _KEPT}
    write_card(own, {"name": out.stem, "sha256": sha256(out), "exported": {"from_sha256": sha256(source)}, **parts})
    return f"wrote {out} and {own.name}; {differing:.4%} of the pixels of two probe images differ from {model}"
