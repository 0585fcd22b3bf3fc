"""The sections of the page of an entity, by what it is."""
