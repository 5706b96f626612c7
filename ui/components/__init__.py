"""The JavaScript parts of the pages, a folder each."""
