"""Photos by date and by place: panels above the photos, which narrow them."""
