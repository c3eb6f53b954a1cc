"""Who does the work and when: engines, their torch code, and the workers that run them."""
