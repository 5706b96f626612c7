"""The pad with everything beside it."""
