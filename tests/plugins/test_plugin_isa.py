"""CBP_ISA, and the flags a plugin compiles with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kernel_calls import ISAS

import cbp

Run = Callable[..., str]

SHOW = "import cbp; from cbp.core import isa; print(isa.isa, *cbp.get_compile_args())"


@pytest.mark.parametrize("isa", ISAS)
def test_cbp_isa_chooses_the_instruction_set_and_the_flags(run: Run, isa: str) -> None:
    assert run(SHOW, CBP_ISA=isa).split() == [isa, *cbp.get_compile_args(isa)]


def test_the_best_instruction_set_is_the_default(run: Run) -> None:
    assert run(SHOW).split()[0] == ISAS[0]


@pytest.mark.parametrize("wrong", ["v9", "", "avx2", "V3"])
def test_a_wrong_cbp_isa_is_an_error_that_lists_the_right_ones(run: Run, wrong: str) -> None:
    """Whatever is wanted of cbp; only the program `cbp` gets far enough to say it in one line."""
    for code in ("import cbp; cbp.Network", "from cbp import activation", "import cbp.network"):
        message = run(code, fails=True, CBP_ISA=wrong).splitlines()[-1]
        expected = f"cbp.settings.SettingError: CBP_ISA={wrong!r}: expected one of {', '.join(ISAS)}"
        assert message.startswith(expected)


def test_flags_for_an_unknown_instruction_set_are_refused() -> None:
    with pytest.raises(ValueError, match="isa: expected one of v2, v3, v4 or base, got 'v9'"):
        cbp.get_compile_args("v9")
