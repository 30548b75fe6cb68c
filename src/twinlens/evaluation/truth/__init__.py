"""Which answers are right when a caption describes several photos: truth files of COCO, and pairs of rows."""
