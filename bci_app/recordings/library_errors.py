"""What a library's reader lets slip on a damaged file, told from a mistake of ours."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def damage_is_a_value_error() -> Iterator[None]:
    """Around a call of a library: what would be a bug in our code is damage of its file."""
    try:
        yield
    except (AssertionError, AttributeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
