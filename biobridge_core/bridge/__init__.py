"""The bridge between frozen models: model, objectives, training."""
