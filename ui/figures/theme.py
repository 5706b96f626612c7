"""What the theme in .streamlit/config.toml cannot say."""

import streamlit as st

TIGHT_TOP = """<style>
.stMainBlockContainer { padding-top: 4.2rem; padding-bottom: 4rem; }
.stMainBlockContainer h1 { font-size: 2rem; padding: 0 0 0.2rem; }
.stMainBlockContainer h2 { font-size: 1.5rem; padding: 0.6rem 0 0.5rem; }
.stMainBlockContainer h3 { font-size: 1.25rem; padding: 0.5rem 0 0.4rem; }
@media (hover: none) {
  .modebar-group:not(:has([data-title$="ullscreen"])) { display: none !important; }
  .modebar-btn:not([data-title$="ullscreen"]) { display: none !important; }
  .stPlotlyChart .modebar--hover { opacity: 1 !important; }
}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: inherit !important; opacity: 1 !important;
}
[data-testid="stCaptionContainer"] { opacity: 0.8 !important; }
button[kind^="primary"]:not(:disabled) p { color: light-dark(#fff, #14151d); }
button[kind^="primary"]:disabled p { color: light-dark(#5b6070, #b5b8c4); }
[data-testid="stExpandSidebarButton"] { width: auto; }
[data-testid="stExpandSidebarButton"]::after { content: "Pages"; padding: 0 0.4rem; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
</style>"""


def is_dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"
