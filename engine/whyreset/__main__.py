"""`python -m whyreset`."""

import sys

from whyreset.cli.main import main

sys.exit(main())
