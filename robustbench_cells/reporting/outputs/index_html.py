"""The report for people: one self-contained page."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.files.atomic import write_text
from robustbench_cells.reporting.outputs._base import OUTPUTS, ReportOutput
from robustbench_cells.reporting.page_context import PAGE_FOLDER, page_context
from robustbench_cells.reporting.report import Report


@OUTPUTS.register
class IndexHtml(ReportOutput):
    """The page to open: which model can be trusted up to which intensity; curves, example patches, findings."""

    name = "index.html"

    def write(self, report: Report, path: Path) -> None:
        """See `ReportOutput.write`."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
        from markupsafe import Markup
        from plotly.offline import get_plotlyjs

        environment = Environment(
            loader=FileSystemLoader(PAGE_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        own = {
            name: Markup((PAGE_FOLDER / file).read_text(encoding="utf-8"))  # noqa: S704 - our own files
            for name, file in (("css", "page.css"), ("js", "page.js"))
        }
        template = environment.get_template("index.html.j2")
        plotly = Markup(get_plotlyjs())  # noqa: S704 - the library's own script
        write_text(path, template.render(page=page_context(report), plotly=plotly, **own))
