"""Why a hit stands where it does: paths, neighbours, agreement, attribution."""
