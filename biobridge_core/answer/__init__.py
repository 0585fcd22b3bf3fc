"""Questions in words, answered from the graph's facts and the bridge's predictions, or refused."""
