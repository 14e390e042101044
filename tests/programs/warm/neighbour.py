"""What hazards.py imports from its own folder."""
WORDS = ["from the neighbour"]
