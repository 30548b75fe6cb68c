"""Who may ask: keys, where they are kept, what they open, and what stands for one."""
