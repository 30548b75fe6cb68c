"""The built-in filters by name, one file each."""

FILTERS = {
    "after": "twinlens.collection.searching.filters.after:AFTER",
    "before": "twinlens.collection.searching.filters.before:BEFORE",
    "folder": "twinlens.collection.searching.filters.folder:FOLDER",
    "camera": "twinlens.collection.searching.filters.camera:CAMERA",
    "favourites": "twinlens.collection.searching.filters.favourites:FAVOURITES",
    "orientation": "twinlens.collection.searching.filters.orientation:ORIENTATION",
}
