"""`python -m cellenics_ci` is `cellenics`."""

import sys

from cellenics_ci.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
