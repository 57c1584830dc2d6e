"""Writes service-prefixes.json anew from the SDK's service models: run it by hand when AWS has new services.

`python tests/privileges/make_service_prefixes.py [MORE-NAMES-FILE]`: names already in the list stay, since
the SDK's models don't have the prefixes of services that only a console or IAM itself knows.
"""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path

import botocore
import botocore.session

TARGET = Path(__file__).parents[2] / "cellenics_ci" / "privileges" / "service-prefixes.json"


def main() -> None:
    """Write the union of the list as it is, the SDK's signing names and endpoint prefixes, and more."""
    session = botocore.session.Session()
    names: set[str] = set()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        names |= {model.signing_name.lower(), model.endpoint_prefix.split(".")[-1].lower()}
    if TARGET.exists():
        names |= set(json.loads(TARGET.read_text("utf-8"))["prefixes"].split())
    for source in map(Path, sys.argv[1:]):
        names |= set(source.read_text("utf-8").split())
    facts = {
        "about": "Service prefixes of IAM actions: signing names and endpoint prefixes of botocore "
        f"{botocore.__version__}, and those that only IAM knows. Made by make_service_prefixes.py.",
        "as_of": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "prefixes": " ".join(sorted(names)),
    }
    TARGET.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
