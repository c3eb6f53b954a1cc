"""One file a resource; each has a `router`, which the app finds by itself."""
