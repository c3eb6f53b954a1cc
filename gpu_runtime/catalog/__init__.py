"""What weights there are: components, the backbones made of them, adapters on top; one module a family, discovered."""
