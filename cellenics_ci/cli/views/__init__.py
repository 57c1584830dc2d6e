"""What a person sees and a script reads: plans, questions, progress, results."""
