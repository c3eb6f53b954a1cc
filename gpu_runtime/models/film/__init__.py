"""From takes to a film and its papers: finishing, assembly, scratch speech, storyboard, timeline, sheets."""
