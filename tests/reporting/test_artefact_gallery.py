"""Every artefact at every intensity on one patch."""

from __future__ import annotations

import io
import re
import shutil
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.engine.grid import artefacts_of
from robustbench_cells.reporting.artefact_gallery import artefact_gallery

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Images(HTMLParser):
    """The pixels of each image, by its alternative text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            values = dict(attrs)
            self.found.append((str(values["alt"]), str(values["src"])))

    def pixels(self, alt: str) -> Any:
        (source,) = {source for name, source in self.found if name == alt}
        return np.asarray(Pillow.open(io.BytesIO(b64decode(source.partition(",")[2]))).convert("L"), float)


@pytest.fixture(scope="module")
def page() -> str:
    return artefact_gallery(rb.open_dataset("synthetic", frames=1))


def test_every_artefact_is_there_at_every_intensity_with_its_unit(page: str) -> None:
    expected = [
        f"{one.name}, {one.parameter} {x:g} {one.unit}" for one in artefacts_of("full") for x in one.grid("full")
    ]
    names = [name for name, _ in Images(page).found if name != "The patch without any artefact"]
    assert sorted(names) == sorted(expected)


def test_families_are_sections_in_which_their_artefacts_are(page: str) -> None:
    sections = re.split(r'<h2 id="family-', page)[1:]
    found = {part.partition('"')[0]: re.findall(r'<h3 id="artefact-([^"]+)"', part) for part in sections}
    assert found == {
        family: [one.name for one in artefacts_of("full") if one.family == family]
        for family in sorted({one.family for one in artefacts_of("full")})
    }
    assert "convolves with a Gaussian point spread function of standard deviation sigma, in pixels.</p>" in page


def test_images_are_the_patches_of_a_run(page: str) -> None:
    data, blur = rb.open_dataset("synthetic", frames=1), rb.Condition(rb.ARTEFACTS.get("blur"), 4.0)
    views = list(rb.iter_patches(data, blur, seed=0, most_patches=12))
    most = max(views, key=lambda view: len(np.unique(view.labels)))
    expected, _ = blur.distort(most, 0)
    assert np.abs(Images(page).pixels("blur, sigma 4 px") - expected).mean() < 2  # grey levels; WebP is lossy
    assert np.abs(Images(page).pixels("The patch without any artefact") - most.image).mean() < 4
    assert np.abs(Images(page).pixels("The patch without any artefact") - expected).mean() > 4


def test_the_page_needs_no_other_file_and_names_are_escaped() -> None:
    frame = rb.open_dataset("synthetic", frames=1).read("000")
    odd = rb.from_arrays([frame.image], [frame.labels], names=["<b>&"], title="<script>alert(1)</script>")
    page = artefact_gallery(odd, "quick")
    assert "&lt;b&gt;&amp;" in page
    assert "<script" not in page
    assert {source.partition(":")[0] for _, source in Images(page).found} == {"data"}
    assert not re.search(r'(href|src)="(?!#|data:)', page)


def test_a_frame_too_small_for_a_view_has_a_note_in_its_place() -> None:
    frame = rb.open_dataset("synthetic", frames=1).read("000")
    small = rb.from_arrays([frame.image[:300, :300]], [frame.labels[:300, :300]])
    page = artefact_gallery(small, "quick", pixel_size=1.6)
    assert "defocus, radius 4 px (6.4 µm)" in dict(Images(page).found)
    assert "frame too small</span><figcaption>0.5 ×" in page
    assert ("cell_size, zoom 2 ×") in dict(Images(page).found)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here (apt-get install chromium)")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (390, "dark")])
def test_it_fits_the_screen_and_is_accessible(width: int, scheme: str, page: str, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    (tmp_path / "gallery.html").write_text(page, encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        shown.goto((tmp_path / "gallery.html").as_uri())
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.evaluate("[...document.images].every((one) => one.naturalWidth === 256)")
        violations = axe.Axe().run(shown).response["violations"]
        browser.close()
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in violations] == []
