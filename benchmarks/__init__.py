"""How fast cbp is beside its peers: ``python -m benchmarks`` from the root of the source tree.

The cbp that is measured is the installed one; the tree's own only where none is installed. Python puts the
tree first on its path, so it is moved to the end here, before anything imports cbp.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

if sys.path and Path(sys.path[0]).resolve() == ROOT:
    sys.path.append(sys.path.pop(0))
