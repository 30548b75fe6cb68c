"""Logistic regression with weighted rows, by Newton's method."""

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3


def logistic_regression(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64], *, ridge: float = RIDGE
) -> NDArray[np.float64]:
    """[F + 1], the weights of F columns, then the intercept.

    Args:
        inputs: [N, F].
        targets: [N], from 0 to 1.
        weights: [N], of the rows; scaled to a mean of 1.
        ridge: penalty for each row on the squared weights of standardised columns.
    """
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0).clip(min=1e-9)
    rows = np.column_stack([(inputs - centre) / spread, np.ones(len(inputs))])
    counts = weights / weights.mean()
    penalty = ridge * len(rows) * np.diag([*np.ones(inputs.shape[1]), 0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(50):
        probabilities = 1.0 / (1.0 + np.exp(-np.clip(rows @ solution, -30, 30)))
        gradient = rows.T @ (counts * (targets - probabilities)) - penalty @ solution
        curvature = (rows * (counts * probabilities * (1 - probabilities))[:, None]).T @ rows
        step = np.linalg.solve(curvature + penalty + 1e-9 * np.eye(len(solution)), gradient)
        step *= min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))  # far from the solution Newton's step is too long
        solution = solution + step
        if np.abs(step).max() < 1e-8:
            break
    slopes = solution[:-1] / spread
    return np.append(slopes, solution[-1] - slopes @ centre)
