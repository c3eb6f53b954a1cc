"""The runtime of one device: many backbones in turn, one job at work, the next one's weights on their way."""
