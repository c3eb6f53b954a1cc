"""What a film took and what a studio session would: GPU and processor time, models, and money."""
