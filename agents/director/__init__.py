"""The director: who talks about the film, changes its plan by typed edits, and has it made."""
