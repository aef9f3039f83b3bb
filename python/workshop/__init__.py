"""The workshop: how the default model, its samples and fixtures are made. Converting needs none of it."""
