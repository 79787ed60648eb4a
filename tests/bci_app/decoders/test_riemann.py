import numpy as np
import pytest
import scipy.linalg

from bci_app.decoders.riemann import geometric_mean, squared_distances, tangent_vectors


@pytest.fixture
def covariances():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(8, 5, 12))
    return factors @ factors.transpose(0, 2, 1) / 12


def test_distance_is_that_of_the_generalised_eigenvalues(covariances):
    found = squared_distances(covariances[:3], covariances[5:7])
    for i in range(3):
        for j in range(2):
            values = scipy.linalg.eigvalsh(covariances[i], covariances[5 + j])
            assert found[i, j] == pytest.approx((np.log(values) ** 2).sum())


def test_distance_does_not_change_under_any_mixing(covariances):
    mixing = np.random.default_rng(1).normal(size=(5, 5))
    mixed = mixing @ covariances @ mixing.T
    np.testing.assert_allclose(
        squared_distances(mixed, mixed), squared_distances(covariances, covariances), atol=1e-6
    )


def test_mean_of_diagonal_matrices_is_the_geometric_mean():
    values = np.random.default_rng(2).uniform(0.5, 4.0, size=(6, 3))
    matrices = np.apply_along_axis(np.diag, 1, values)
    expected = np.diag(np.exp(np.log(values).mean(axis=0)))
    np.testing.assert_allclose(geometric_mean(matrices), expected, atol=1e-6)


def test_mean_is_where_the_tangent_vectors_cancel(covariances):
    vectors = tangent_vectors(covariances, geometric_mean(covariances))
    np.testing.assert_allclose(vectors.sum(axis=0), 0.0, atol=1e-5)


def test_length_of_a_tangent_vector_is_the_distance_to_the_mean(covariances):
    mean = geometric_mean(covariances)
    lengths = (tangent_vectors(covariances, mean) ** 2).sum(axis=1)
    distances = squared_distances(covariances, mean[np.newaxis])[:, 0]
    np.testing.assert_allclose(lengths, distances, rtol=1e-8)
