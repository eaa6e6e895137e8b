"""``python -m cbp`` is the command ``cbp``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
