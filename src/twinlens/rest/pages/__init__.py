"""The files of the web page as they are served: kept in memory, packed once, the first paint's in one."""
