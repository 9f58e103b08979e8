"""Reference packs of rules for places: data only. Each folder below ``packs`` is one pack."""
