"""A session that was cut off, made whole: its whole blocks, and the end that it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bci_app.errors import RecordingError
from bci_app.recordings.session_file import RECOVERED_FROM, SessionFile, read_session
from bci_app.recordings.session_format import encode_beginning, encode_block, encode_end

_CHUNKS_A_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of a recovery.

    Parameters
    ----------
    session : SessionFile
        As far as it could be read.
    path : Path
        The whole file; the session's own when it was whole already.
    """

    session: SessionFile
    path: Path


def recover_session(path: Path, out: Path | None = None) -> Recovered:
    """Write what is whole of a session to a new file, closed as if the session had ended then.

    Parameters
    ----------
    path : Path
        The session; it is left as it is.
    out : Path or None
        The new file, by default beside it with `-recovered` in its name.

    Raises
    ------
    RecordingError
        When nothing can be read, or the new file exists or cannot be written.
    """
    session = read_session(path)
    if session.closed and session.n_damaged_bytes == 0:
        return Recovered(session, path)
    if out is None:
        out = path.with_name(f"{path.stem}-recovered{path.suffix}")
    facts = {**session.facts, RECOVERED_FROM: path.name}
    try:
        with out.open("xb") as file:
            file.write(encode_beginning(session.headset, facts))
            file.writelines(_blocks(session))
    except OSError as error:
        raise RecordingError(
            f"{out} cannot be written ({error.strerror}): expected a new file in a folder with "
            "room. Name another with --out."
        ) from error
    return Recovered(session, out)


def _blocks(session: SessionFile) -> Iterator[bytes]:
    chunks, arrivals_s = session.chunks, session.arrivals_s
    edges = np.concatenate([[0], np.cumsum(chunks[:, 1])])
    received = session.samples_uv
    for start in range(0, len(chunks), _CHUNKS_A_BLOCK):
        some = chunks[start : start + _CHUNKS_A_BLOCK]
        rows = [received[first : first + count] for first, count in some.tolist()]
        times_s = session.sample_times_s[edges[start] : edges[start + len(some)]]
        arrived_s = arrivals_s[start : start + len(some)]
        yield encode_block((times_s, np.concatenate(rows)), (arrived_s, some), ((), ()))
    texts = [entry.text() for entry in session.entries]
    told_s = [entry.time_s for entry in session.entries]
    no_samples = np.zeros((0, received.shape[1]))
    yield encode_block((np.zeros(0), no_samples), (np.zeros(0), chunks[:0]), (told_s, texts))
    every_s = [*arrivals_s.tolist(), *told_s]
    counts = (int(chunks[:, 1].sum()), len(chunks), len(texts))
    yield encode_end(counts, (min(every_s), max(every_s)) if every_s else None)
