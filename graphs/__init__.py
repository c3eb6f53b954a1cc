"""The LangGraph state machine: what comes next in the life of an episode."""
