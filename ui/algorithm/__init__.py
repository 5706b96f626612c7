"""Which textbook rule a network answers like."""
