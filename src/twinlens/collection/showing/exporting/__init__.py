"""Photos as files for others: archives, sheets, galleries and lists."""
