"""Our calibrated decoders beside MetaBCI's and meegkit's on the same windows.

    python benchmarks/decoder_exactness.py

Windows: block 1 of the 40-target recording decoded by blocks 2 to 6, 0.5 s, one band, filtered
beforehand, so that filters play no part. MetaBCI's sinusoids come from a linspace that includes
its end point, so it is given exact ones. Known differences, none of them in the method:

- meegkit scales a filter to unit length, MetaBCI and we to unit energy: of no consequence for
  TRCA, but it changes how the filters of an ensemble are weighed;
- MetaBCI trains TDCA on real later samples and scores with zeros in their place, which we use in
  both, and it regularises the scatter matrices: scores differ, answers mostly agree.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from peer_environment import python_of_peers, run_with_peers
from phase_locked_decoders import FREQUENCIES_HZ, RATE_HZ, START, read_bands

from bci_app.decoders import make_decoder
from bci_app.decoders.filter_bank import band_weights
from bci_app.decoders.references import reference_signals

PEERS = """
import sys, json, numpy as np
from metabci.brainda.algorithms.decomposition import SCCA, ItCCA, ECCA, TRCA, TDCA
from meegkit.trca import trca
data = np.load(sys.argv[1]); X, y, T, Y = (data[k] for k in ("learned", "labels", "new", "sines"))
found = {}
for name, decoder in (("cca", SCCA(n_components=1)),
                      ("itcca", ItCCA(n_components=1, method="itcca1")),
                      ("ecca", ECCA(n_components=1)),
                      ("trca", TRCA(ensemble=False, n_components=1)),
                      ("etrca", TRCA(ensemble=True, n_components=1))):
    decoder.fit(X.copy(), y, Yf=Y.copy())
    found["MetaBCI " + name] = decoder.transform(T.copy()).tolist()
decoder = TDCA(padding_len=5, n_components=8)
decoder.fit(data["longer"].copy(), y, Yf=Y.copy())
found["MetaBCI tdca"] = decoder.transform(data["new_longer"].copy()).tolist()
filters = np.array([trca(X[y == k].transpose(2, 1, 0).copy()) for k in range(len(Y))]).real
means = np.array([X[y == k].mean(axis=0) for k in range(len(Y))])
found["meegkit trca"] = [
    [np.corrcoef(w @ t, w @ m)[0, 1] for w, m in zip(filters, means)] for t in T
]
print(json.dumps(found))
"""


def main() -> None:
    """Print the largest difference of scores, and how often the answers agree."""
    python = python_of_peers()
    if python is None:
        return
    n_times = round(0.5 * RATE_HZ)
    band = read_bands()[:, :, 0]
    targets = np.arange(len(FREQUENCIES_HZ))
    longer = band[1:, ..., START : START + n_times + 5].reshape(-1, band.shape[2], n_times + 5)
    learned = longer[..., :n_times] - longer[..., :n_times].mean(axis=-1, keepdims=True)
    new_longer = band[0, ..., START : START + n_times + 5]
    new = new_longer[..., :n_times] - new_longer[..., :n_times].mean(axis=-1, keepdims=True)
    labels = np.tile(targets, len(band) - 1)
    sines = np.stack([reference_signals(f, n_times, RATE_HZ, 5).T for f in FREQUENCIES_HZ])
    sines -= sines.mean(axis=-1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "windows.npz"
        np.savez(
            path,
            learned=learned,
            longer=longer,
            labels=labels,
            new=new,
            new_longer=new_longer,
            sines=sines,
        )
        peers = json.loads(run_with_peers(python, PEERS, str(path)))
    for title, peer in peers.items():
        name = title.split()[-1]
        decoder = make_decoder(name, FREQUENCIES_HZ, RATE_HZ, n_bands=1)
        one_band = (lambda w: w) if name == "cca" else (lambda w: w[:, np.newaxis])
        scores = decoder.fit(one_band(learned), labels).score_windows(one_band(new))
        if name != "cca":
            scores = scores / band_weights(1)[0]
        difference = np.abs(scores - np.array(peer)).max()
        agreeing = (scores.argmax(axis=1) == np.argmax(peer, axis=1)).mean()
        print(f"{title:16s} largest difference {difference:8.1e}, answers agree {agreeing:.3f}")


if __name__ == "__main__":
    main()
