"""The page in a real browser, from disk, without a network."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.reporting.gate_text import summarise_gate
from robustbench_cells.reporting.report import Report
from tests.support.cell_runs import with_cells
from tests.support.manifests import change_manifest
from tests.support.report_outputs import write_output
from tests.support.report_results import make_examples, make_results

playwright = pytest.importorskip("playwright.sync_api")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here (apt-get install chromium)")
NAMES = ("unet_original", "unet_robust", "<b>&amp;", "a_model_of_a_name_that_is_long_and_has_no_place_to_break_at_all")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    plain = make_results({**{name: 0.9 - 0.1 * number for number, name in enumerate(NAMES)}, "background": 0.05})
    results = change_manifest(with_cells(plain), "instances", value=dict.fromkeys(NAMES, "components"))
    examples = make_examples(results)
    examples = replace(examples, true_labels=examples.truth.astype(np.int32))
    write_output("index.html", Report(results, examples, summarise_gate("no baseline")), folder)
    return folder / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


DESK, PHONE, DARK = (1280, 900, "light"), (390, 844, "light"), (1280, 900, "dark")
in_dark_mode_too = pytest.mark.parametrize("page", [DESK, PHONE, DARK], ids=["desk", "phone", "dark"], indirect=True)


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Any, page_file: Path) -> Iterator[Any]:
    """The page with its charts drawn; in the end it has logged and requested nothing."""
    width, height, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
    page, messages, requests = context.new_page(), [], []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    page.wait_for_function("document.querySelectorAll('.chart .main-svg').length > 0")
    yield page
    assert messages == []
    assert [url for url in requests if not url.startswith(("data:", page_file.as_uri()))] == []
    context.close()


@in_dark_mode_too
def test_every_chart_draws(page: Any) -> None:
    for chart in page.query_selector_all(".chart"):
        assert len(chart.query_selector_all(".scatterlayer .trace .js-line")) >= len(NAMES)
    assert page.locator(".map").count() == len(NAMES)


def test_nothing_overflows(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_slider_changes_the_example_and_its_text(page: Any) -> None:
    photo = page.locator("#tile-photo")
    before = photo.get_attribute("src")
    page.locator("#intensity").focus()
    page.keyboard.press("ArrowRight")
    assert photo.get_attribute("src") != before
    assert page.locator("#intensity-told").inner_text() == page.locator("#intensity").get_attribute("aria-valuetext")
    assert page.locator("#intensity-told").inner_text() != "no artefact"
    for image in page.locator("#tiles img").all():
        assert image.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 256
    page.locator("[name=strip]").nth(1).check()
    assert page.locator("#intensity-told").inner_text() == "no artefact"


def test_cells_are_outlined_or_pixels_are_coloured(page: Any) -> None:
    outlines, pixels = page.locator("#tiles .outlines"), page.locator("#tiles .mask")
    assert outlines.count() == pixels.count() == len(NAMES)
    assert outlines.first.is_visible()
    assert not pixels.first.is_visible()
    assert "missed 1, invented 1" in outlines.nth(1).get_attribute("alt")
    assert page.locator("#tiles .fates").nth(1).inner_text() in outlines.nth(1).get_attribute("alt")
    assert page.locator(".cell-key").is_visible()
    page.locator("[name=drawn][value=pixels]").check()
    assert not outlines.first.is_visible()
    assert pixels.first.is_visible()
    assert page.locator(".pixel-key").is_visible()


def test_bars_of_lost_cells_are_wide_as_they_say(page: Any) -> None:
    bar = page.locator("details[open] .lost-bar").first
    widths = bar.evaluate(
        "(one) => [...one.children].map((part) => part.getBoundingClientRect().width / one.clientWidth)"
    )
    assert 0 < sum(widths) <= 1.001
    told = [float(share) for share in re.findall(r"(\d+) %", bar.locator("xpath=..").inner_text())]
    assert sum(widths) == pytest.approx(sum(told) / 100, abs=0.02)


def test_a_model_is_hidden_and_shown_again(page: Any) -> None:
    lines = page.locator("#curve-0 .scatterlayer .trace .js-line")
    before = lines.count()
    page.locator("[name=shown]").first.uncheck()
    assert lines.count() < before
    page.locator("[name=shown]").first.check()
    assert lines.count() == before


def test_another_score_is_selected(page: Any) -> None:
    page.locator("[name=metric][value=cells_predicted]").check()
    assert "labelled" in page.locator("#curve-note").inner_text()
    assert "cell count, all patches" in page.locator("#curve-0").inner_text()


def test_everything_is_reachable_by_keyboard(page: Any) -> None:
    wanted = page.evaluate("""() => {
        const radios = new Set();
        return [...document.querySelectorAll("a, button, input, summary, [tabindex='0']")].filter((one) => {
            if (!one.checkVisibility()) return false;
            if (one.type !== "radio") return true;
            return !radios.has(one.name) && radios.add(one.name);
        }).length;
    }""")
    reached = set()
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        at = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
        reached.add(page.evaluate(at))
    assert len(reached - {page.evaluate("[...document.querySelectorAll('*')].indexOf(document.body)")}) == wanted


def test_a_tooltip_shows_on_focus(page: Any) -> None:
    tip = page.locator(".card .tip").first
    assert not tip.locator("[role=tooltip]").is_visible()
    tip.locator("button").focus()
    playwright.expect(tip.locator("[role=tooltip]")).to_be_visible()
    box = tip.locator("[role=tooltip]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    playwright.expect(tip.locator("[role=tooltip]")).to_be_hidden()


@in_dark_mode_too
def test_the_page_has_no_serious_accessibility_violation(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    assert [
        (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")
    ] == []


def test_controls_are_not_printed(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.locator(".controls input").first.is_visible()
    assert page.locator(".controls .mark").first.is_visible()  # the legend
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
