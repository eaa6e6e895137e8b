"""A pickled network finds what plugins provide in the process that reads it, or says what is missing there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Code = Callable[..., str]
Run = Callable[..., str]
Distribution = Callable[..., Path]

WRITE = """
import pickle, sys
from pathlib import Path
import numpy as np
import cbp
from cbp.plugin import Activation, Cost

{before}
net = cbp.Network([3, 4, 2], activation={activation}, output_activation="softmax", cost="cross_entropy")
Path({file!r}).write_bytes(pickle.dumps(net))
print(net.predict([1, 2, 3]))
"""

READ = """
import pickle
from pathlib import Path
import cbp
print(pickle.loads(Path({file!r}).read_bytes()).predict([1, 2, 3]))
"""


def test_built_ins_and_plugins_are_found_in_another_process(
    run: Run, distribution: Distribution, activation_plugin: Code, tmp_path: Path
) -> None:
    folder = distribution("my-plugin", activation_plugin("cube"), version="2.5").parent
    for activation in ("'gelu'", "'cube'", "cbp.activations()['my-plugin:cube']"):
        file = str(tmp_path / "net.pickle")
        written = run(WRITE.format(file=file, activation=activation, before=""), folder)
        assert run(READ.format(file=file), folder) == written
    message = run(READ.format(file=file), fails=True).splitlines()[-1]
    expected = "it uses the activation 'cube' of 'my-plugin', not found here: install my-plugin==2.5 and load again"
    assert message == f"cbp.registry.recall.MissingError: {expected}"


def test_what_a_process_registered_must_be_registered_where_it_is_read(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "net.pickle")
    cube = "Activation('cube', forward=lambda z: z**3, derivative=lambda z, a: 3 * z**2)"
    written = run(WRITE.format(file=file, activation="'cube'", before=f"cbp.register({cube})"))
    assert (
        run(f"import cbp\nfrom cbp.plugin import Activation\ncbp.register({cube})\n{READ.format(file=file)}") == written
    )
    message = run(READ.format(file=file), fails=True).splitlines()[-1]
    assert message.endswith("of 'local', not found here: register it first with cbp.register(Activation('cube', ...))")
