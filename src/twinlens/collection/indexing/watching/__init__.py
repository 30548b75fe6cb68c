"""Follow the photo folders: tell when something has changed in them and has come to rest."""
