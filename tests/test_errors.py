from __future__ import annotations

import asyncio

import pytest

from robustbench_cells.errors import ExitError, ModelError, refuse_exits


@pytest.mark.parametrize(
    "error", [SystemExit(0), GeneratorExit(), asyncio.CancelledError(), pytest.skip.Exception("x")]
)
def test_what_would_end_the_run_is_an_error_of_its_code(error: BaseException) -> None:
    with pytest.raises(ExitError, match=r"model: raised .* which would end the run") as caught, refuse_exits("model"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [ValueError("x"), ModelError("x"), KeyboardInterrupt()])
def test_other_errors_and_the_user_s_interruption_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, refuse_exits("model"):
        raise error
    assert caught.value is error
