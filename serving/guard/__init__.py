"""What stands between strangers and Streamlit: each module keeps out one kind of attack."""
