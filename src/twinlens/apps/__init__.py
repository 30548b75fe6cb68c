"""The Streamlit app, started by ``twinlens app``."""
