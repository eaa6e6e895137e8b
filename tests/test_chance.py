"""The random numbers of training: Philox to the bit, on every instruction set, and as random as they should be."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import philox
import pytest
from kernel_calls import ISAS
from scipy import stats
from training_cases import every_dtype

KEY, SAMPLE, STREAM = 0x0123456789ABCDEF, 0x100000007, 5  # each is more than one word, where it may be

every_isa = pytest.mark.parametrize("isa", ISAS)


def chance(isa: str) -> Any:
    return import_module(f"cbp.core.{isa}.chance")


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_the_reference_of_these_tests_gives_the_authors_answers(counter: Any, key: Any, words: Any) -> None:
    """Known answers that come with Random123, the authors' implementation."""
    assert philox.philox4x32(np.array([counter]), key).tolist() == [list(words)]


@every_isa
@pytest.mark.parametrize("n", [1, 15, 64, 65, 200])
def test_words_are_philoxs_on_every_instruction_set(isa: str, n: int) -> None:
    np.testing.assert_array_equal(chance(isa).words(KEY, SAMPLE, STREAM, n), philox.row(KEY, SAMPLE, STREAM, n))


@every_isa
@every_dtype
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.2, 0.5, 0.999])
def test_a_mask_is_its_words_compared_with_p(isa: str, dtype: str, p: float) -> None:
    m = np.empty(130, dtype)
    chance(isa).drop(KEY, SAMPLE, STREAM, p, m)
    dropped = philox.row(KEY, SAMPLE, STREAM, 130) < np.uint32(p * 2**32)
    np.testing.assert_array_equal(m, np.where(dropped, 0, 1 / (1 - p)).astype(dtype))


@every_isa
@every_dtype
def test_noise_is_box_and_mullers(isa: str, dtype: str) -> None:
    x = np.zeros(200, dtype)
    chance(isa).perturb(KEY, SAMPLE, STREAM, 1.0, x)
    np.testing.assert_allclose(x, philox.normal_row(KEY, SAMPLE, STREAM, 200), rtol=2e-6, atol=1e-6)


@every_isa
def test_noise_is_the_same_for_either_dtype(isa: str) -> None:
    """The float ones are the double ones, rounded once: they are added to 0."""
    single, double = np.zeros(100, np.float32), np.zeros(100)
    chance(isa).perturb(KEY, SAMPLE, STREAM, 1.0, single)
    chance(isa).perturb(KEY, SAMPLE, STREAM, 1.0, double)
    np.testing.assert_array_equal(single, double)


def test_noise_is_normal() -> None:
    rows = np.zeros((2000, 100))
    for i, x in enumerate(rows):
        chance(ISAS[-1]).perturb(1, i, 0, 2.0, x)
    assert stats.kstest(rows.ravel() / 2, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(rows[:, :50].T) - np.eye(50)).max() < 5 / np.sqrt(2000)


def test_units_samples_layers_epochs_and_seeds_are_dropped_independently() -> None:
    """Each pair of masks that differ in one of them agrees in about half of the units."""
    n, base = 4096, (philox.key_of(1, 0), 3, 2)
    others = [(philox.key_of(1, 1), 3, 2), (philox.key_of(2, 0), 3, 2), (base[0], 4, 2), (base[0], 3, 3)]
    m = np.empty((5, n))
    for each, out in zip([base, *others], m, strict=True):
        chance(ISAS[-1]).drop(*each, 0.5, out)
    kept = m > 0
    agree = [(kept[0] == other).mean() for other in kept[1:]] + [(kept[0][1:] == kept[0][:-1]).mean()]
    assert np.abs(np.array(agree) - 0.5).max() < 4 * 0.5 / np.sqrt(n)
