"""What `fuzz.py` fuzzes: for each parser its seeds, its documented errors, and what it is asked."""

from fuzz_lines import LINES
from fuzz_recordings import RECORDINGS
from fuzz_settings import SETTINGS

TARGETS = LINES | RECORDINGS | SETTINGS
