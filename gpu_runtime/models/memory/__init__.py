"""Weights in host memory and on a device, and everything that moves them."""

from gpu_runtime.models.memory.torch_memory import TorchMemory, open_memory

__all__ = ["TorchMemory", "open_memory"]
