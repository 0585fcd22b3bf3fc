"""Where the graphs come from, one package a graph."""
