"""``python -m bci_app.stimulus``: the subject window's process."""

import sys

from bci_app.stimulus.child import main

sys.exit(main())
