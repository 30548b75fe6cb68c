"""Apps on top of twinlens: the Streamlit page, started by ``twinlens app``."""
