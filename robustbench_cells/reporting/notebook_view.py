"""The first screen of the report, for the output of a notebook cell."""

from __future__ import annotations

from robustbench_cells.reporting.page_context import PAGE_FOLDER, page_context
from robustbench_cells.reporting.report import Report


def notebook_html(report: Report) -> str:
    """HTML without scripts, ids or styles that affect the rest of the notebook."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGE_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("notebook.html.j2").render(page=page_context(report))
