"""What the theme in .streamlit/config.toml cannot say."""

TIGHT_TOP = """<style>
.stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 4rem; }
.stMainBlockContainer h1 { font-size: 2rem; padding: 0 0 0.2rem; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
</style>"""
