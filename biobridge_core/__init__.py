"""BioBridge Studio core: bridges frozen biomedical foundation models through a knowledge graph.

Method: Wang et al., BioBridge, ICLR 2024 (doi:10.48550/arXiv.2310.03320).
"""

__version__ = "0.1.0"
