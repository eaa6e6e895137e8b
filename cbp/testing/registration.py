"""What an activation or cost declares about itself, and whether cbp finds it under its names."""

from __future__ import annotations

import inspect
import re
from itertools import pairwise

from ..plugin import Activation, Cost
from ..registry import registry
from ..registry.chosen import choose
from ..registry.entries import CBP, LOCAL
from ..registry.made import initializer
from .report import Failure
from .subject import Subject

__all__ = ["registration"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")


def registration(subject: Subject) -> str:
    """Names, parameters, signatures and what it refers to."""
    _names(subject)
    _signatures(subject)
    if isinstance(subject.spec, Activation):
        _activation(subject.spec)
    else:
        _cost(subject.spec)
    return _found(subject)


def _names(subject: Subject) -> None:
    for name in (subject.spec.name, *subject.spec.aliases):
        if not NAME.fullmatch(name):
            raise Failure(
                "a name of letters, digits and _",
                repr(name),
                f"{subject.kind} {subject.spec.name!r}: name and aliases",
                "rename it: on the command line ':', ',' and '=' separate a name from parameters and other names",
            )


def _signatures(subject: Subject) -> None:
    for function in subject.numpy:
        try:
            inspect.signature(function.numpy).bind(*function.inputs, **subject.settings[0])
        except TypeError as error:
            keywords = "".join(f", {name}" for name in subject.spec.params)
            raise Failure(
                f"{function.name}({', '.join(function.inputs)}{keywords})",
                f"{function.name}{inspect.signature(function.numpy)}: {error}",
                f"{subject.kind} {subject.spec.name!r}",
                "take the arrays by position and every declared parameter as a keyword",
            ) from None
        except ValueError:  # a function without a signature, such as a ufunc: shape-and-dtype calls it
            continue


def _activation(spec: Activation) -> None:
    if any(not a < b for a, b in pairwise(spec.kinks)):
        raise Failure("kinks in ascending order", str(spec.kinks), f"kinks of {spec.name!r}", "sort them")
    try:
        initializer(spec.init)
    except (ValueError, TypeError) as error:
        raise Failure(
            "the name of an initialiser", str(error), f"init of {spec.name!r}", "choose one of cbp's initialisers"
        ) from None


def _cost(spec: Cost) -> None:
    low, high = spec.target_range
    if not (low < high and all(low <= label <= high for label in spec.labels)):
        raise Failure(
            "labels inside of the target range",
            f"labels={spec.labels}, target_range={spec.target_range}",
            f"cost {spec.name!r}",
            "labels= says which numbers (elsewhere, at the label's unit) an integer label becomes: choose them from "
            "target_range",
        )
    if spec.canonical is not None:
        try:
            choose("activation", spec.canonical)
        except (ValueError, ImportError) as error:
            raise Failure(
                "the name of an activation",
                f"canonical={spec.canonical!r}: {error}",
                f"cost {spec.name!r}",
                "name an activation that is built in, or in the same distribution",
            ) from None


def _found(subject: Subject) -> str:
    entry = subject.entry
    if entry.distribution == LOCAL:
        return _unregistered(subject)
    found = registry.find(subject.kind, entry.id)
    if found.spec is not subject.spec:
        raise Failure(
            f"{entry.id} to be this {subject.kind}",
            "another of the same name",
            f"cbp.{subject.kind}({entry.id!r})",
            "give each of the two a name of its own",
        )
    return "built in" if entry.distribution == CBP else f"found as {entry.id}"


def _unregistered(subject: Subject) -> str:
    """A spec that no distribution provides, or not yet."""
    for name in subject.entry.names:
        if any(other.distribution == CBP for other in registry.known(subject.kind).having(name)):
            raise Failure(
                "a name of its own",
                f"{name!r}, which is built in",
                f"{subject.kind} {subject.spec.name!r}: name and aliases",
                "give it another name: built-ins cannot be replaced",
            )
    return "not registered by a distribution"
