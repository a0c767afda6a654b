"""``python -m robustbench_cells export``: a model of ours for other programs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.files.atomic import atomic_path, back_up
from robustbench_cells.files.checksums import sha256

_KEPT = ("authors", "license", "training", "data", "use", "input", "output")  # of a card
_TIES = 1e-4  # share of the pixels so near to the threshold that another rounding decides


def export(model: str, target: str, out: Path | None = None) -> str:
    """Export a model, and say what was written and how the masks of the two compare.

    Raises
    ------
    ModelError
        If a library that is needed is not installed, the model is not a Keras one, or the file that was written gives
        other masks; it is not kept then.
    UnknownNameError
        If there is no such target.
    """
    import numpy as np

    from robustbench_cells.models.card import card_path, read_card, write_card
    from robustbench_cells.models.exports import EXPORTS
    from robustbench_cells.models.extras import require_extra
    from robustbench_cells.models.loading import load_segmenter, shipped_models
    from robustbench_cells.models.probe import probe_images
    from robustbench_cells.models.runtimes.keras import KerasSegmenter
    from robustbench_cells.types import THRESHOLD

    form = EXPORTS.get(target)
    require_extra(f"export of {model}", form.extra)
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
        back_up(out)
        with atomic_path(out) as temporary:
            temporary.write_bytes(written.read_bytes())
    own = out.with_name(f"{out.name}.toml")
    parts = {name: part for name, part in card.items() if name in _KEPT}
    write_card(own, {"name": out.stem, "sha256": sha256(out), "exported": {"from_sha256": sha256(source)}, **parts})
    return f"wrote {out} and {own.name}; {differing:.4%} of the pixels of two test pictures differ from {model}"
