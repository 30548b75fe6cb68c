"""The Streamlit app, one file per tab."""
