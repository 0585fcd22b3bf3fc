"""What becomes of a molecule in the body, predicted: absorption, distribution, metabolism, excretion, toxicity."""
