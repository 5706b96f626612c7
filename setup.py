"""Which folders make the package; pyproject.toml says the rest.

The weights, recipes and tables of ``checkpoints/`` are installed with the code that
reads them, as ``icl_core/stored``.
"""

from setuptools import find_packages, setup

STORED = {"icl_core.stored": "checkpoints"}
KINDS = ("recipes", "studies")

setup(
    packages=[
        *find_packages(include=["icl_core", "icl_core.*"]),
        *STORED,
        *(f"icl_core.stored.{kind}" for kind in KINDS),
    ],
    package_dir=STORED,
    package_data={
        "icl_core": [
            "py.typed",
            "data/*.json",
            "data/*.safetensors",
            "data/tables/*",
            "data/texts/*",
        ],
        "icl_core.stored": ["*.json", "*.safetensors"],
        "icl_core.stored.recipes": ["*.toml"],
        "icl_core.stored.studies": ["*.json"],
    },
    include_package_data=False,
)
