"""The vocabulary of VibeBoard: plain, frozen, torch-free data that every other package speaks."""
