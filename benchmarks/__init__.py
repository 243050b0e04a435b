"""What README's figures come from. Each module prints one comparison, measured in one run."""
