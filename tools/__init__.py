"""The house's own tools: they install, check and measure the tree. Nothing here is part of an installation."""
