"""One file an outside format: readers and writers of model objects and plain tables."""
