"""Packages for the BioImage Model Zoo and programs that read them, such as Fiji, ilastik and QuPath."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.exports._base import EXPORTS, Export
from robustbench_cells.models.interface import Interface, interface_from_card
from robustbench_cells.models.onnx_writer import write_onnx
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.runtimes.keras import KerasSegmenter
from robustbench_cells.models.runtimes.quiet import hide_progress_bars
from robustbench_cells.types import PATCH_SIDE

_REQUIRED = ("authors", "license")  # parts of the card


@EXPORTS.register
class Bioimageio(Export):
    """A bioimage.io package (zip) of ONNX weights, test images and the texts of the model's card."""

    name = "bioimageio"
    suffix = ".zip"
    extra = "bioimageio,export"

    def write(self, segmenter: KerasSegmenter, card: Mapping[str, Any], path: Path) -> None:
        """See `Export.write`."""
        if interface_from_card(card) != Interface():
            raise ModelError(
                f"{segmenter.name}: its card declares [input] or [output], which this export does not support; use "
                "--to onnx"
            )
        if missing := [name for name in _REQUIRED if name not in card]:
            raise ModelError(
                f"{segmenter.name}: its card lacks {' and '.join(missing)}, which a package requires; add at its top, "
                'for example, authors = ["A. Name"] and license = "CC-BY-4.0"'
            )
        import onnx
        from bioimageio.core import test_model
        from bioimageio.spec import save_bioimageio_package

        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_onnx(segmenter, folder / "weights.onnx")
            images = probe_images()[:1]
            np.save(folder / "test_input.npy", images[..., None])
            np.save(folder / "test_output.npy", segmenter.predict(images)[..., None])
            (folder / "README.md").write_text(_format_documentation(segmenter, card), encoding="utf-8")
            opset = onnx.load(folder / "weights.onnx", load_external_data=False).opset_import[0].version
            model = _describe(segmenter, card, folder, int(opset))
            with hide_progress_bars():
                summary = test_model(model, weight_format="onnx")
            if summary.status != "passed":
                raise ModelError(
                    f"{segmenter.name}: the package fails bioimage.io's own test ({summary.status})\n{summary}"
                )
            save_bioimageio_package(model, output_path=path)


def _describe(segmenter: KerasSegmenter, card: Mapping[str, Any], folder: Path, opset: int) -> Any:
    from bioimageio.spec import ValidationContext
    from bioimageio.spec.model import v0_5

    def axes(space: Any) -> list[Any]:
        sides = [space(id=v0_5.AxisId(axis), size=PATCH_SIDE) for axis in "yx"]
        return [v0_5.BatchAxis(), *sides, v0_5.ChannelAxis(channel_names=[v0_5.Identifier("channel0")])]

    with ValidationContext(root=folder):
        return v0_5.ModelDescr(
            name=f"robustbench-cells {segmenter.name}",
            description=f"A network that segments cells. {card.get('training', {}).get('about', '')}"[:1000].strip(),
            authors=[v0_5.Author(name=name) for name in card["authors"]],
            cite=_cite(card),
            license=v0_5.LicenseId(card["license"]),
            documentation=v0_5.FileDescr(source=folder / "README.md"),
            tags=["segmentation", "cells", "2d"],
            inputs=[
                v0_5.InputTensorDescr(
                    id=v0_5.TensorId("grey_levels"),
                    description="Grey levels from 0 to 255",
                    axes=axes(v0_5.SpaceInputAxis),
                    test_tensor=v0_5.FileDescr(source=folder / "test_input.npy"),
                    data=v0_5.IntervalOrRatioDataDescr(type="float32", range=(0.0, 255.0)),
                )
            ],
            outputs=[
                v0_5.OutputTensorDescr(
                    id=v0_5.TensorId("probability"),
                    description="Foreground probability; threshold 0.5",
                    axes=axes(v0_5.SpaceOutputAxis),
                    test_tensor=v0_5.FileDescr(source=folder / "test_output.npy"),
                    data=v0_5.IntervalOrRatioDataDescr(type="float32", range=(0.0, 1.0)),
                )
            ],
            weights=v0_5.WeightsDescr(onnx=v0_5.OnnxWeightsDescr(source=folder / "weights.onnx", opset_version=opset)),
        )


def _cite(card: Mapping[str, Any]) -> list[Any]:
    from bioimageio.spec.model import v0_5

    text = str(card.get("data", {}).get("citation", ""))
    found = re.search(r"doi:(10\.\S+)", text)
    return [v0_5.CiteEntry(text=text, doi=v0_5.Doi(found[1]))] if found else []


def _format_documentation(segmenter: KerasSegmenter, card: Mapping[str, Any]) -> str:
    """Format the content of a card as the package's README."""
    training, data, use = (card.get(part, {}) for part in ("training", "data", "use"))
    parts = [
        f"# {segmenter.name}",
        "A network that segments cells: from 256×256 patches of grey levels in [0, 255] to foreground probabilities in "
        "[0, 1], thresholded at 0.5. Exported by robustbench_cells, which measures how far an image may degrade before "
        "a model breaks.",
        training.get("about", ""),
        f"## Data\n\n{data.get('name', '')}\n\n{data.get('citation', '')}\n\n{data.get('licence', '')}",
        f"## Use\n\n{use.get('intended', '')}\n\n" + "\n".join(f"- {limit}" for limit in use.get("limits", ())),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"
