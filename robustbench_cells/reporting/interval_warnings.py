"""What a reader of intervals must know: few frames, and frames that are more alike than was assumed."""

from __future__ import annotations

from collections.abc import Iterator

from robustbench_cells.reporting.number_format import FEW_BLOCKS_MARK, few_blocks_mark, format_count
from robustbench_cells.results.break_points import break_points
from robustbench_cells.results.intervals import FEW_BLOCKS
from robustbench_cells.results.tables import Results


def interval_warnings(results: Results) -> Iterator[str]:
    """Warnings on the intervals of a run."""
    assumed = results.run.settings.block
    count = results.frame_order.count_blocks(assumed)
    summary = results.summary
    blocks = summary["jaccard_blocks"]
    if count == 1:
        yield "Few frames: a single block, so there are no 95 % intervals."
        return
    if count < FEW_BLOCKS:
        yield (
            f"Few frames: only {count} blocks of frames. Intervals marked {FEW_BLOCKS_MARK} rest on what is assumed of "
            "the frames more than on what they show."
        )
    elif (blocks < FEW_BLOCKS).any() or _has_marked_bracket(results):
        yield (
            f"Intervals marked {FEW_BLOCKS_MARK} are over fewer than {FEW_BLOCKS} blocks of frames and may be too "
            "narrow: some frames have no value, or too many are alike for so few."
        )
    usual = blocks[summary["frames"] == len(results.run.dataset.frames)].median()
    if usual <= count / 2:  # in most conditions, so not by chance
        as_one = round(assumed * count / max(1.0, usual))
        remedy = f"; --rb-block={as_one} assumes so from the start" if assumed == 1 else ""
        yield (
            f"Neighbouring frames are alike: about {as_one} count as one, where {format_count(assumed, 'was', 'were')} "
            f"assumed. Intervals allow for what the frames show of it{remedy}."
        )


def _has_marked_bracket(results: Results) -> bool:
    return any(few_blocks_mark(point.blocks) for points in break_points(results).values() for point in points)
