"""Plans, and proofs of how good they can be; the only place that calls solvers."""
