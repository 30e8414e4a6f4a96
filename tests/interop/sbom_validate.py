"""Validates a bill of materials against CycloneDX's schema: prints what is wrong, else nothing."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read())
if problem is not None:
    sys.exit(str(problem)[:2000])
