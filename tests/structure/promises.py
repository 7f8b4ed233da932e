#!/usr/bin/env python3
"""docs/reliability.md names only files and stories that exist."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
text = (root / "docs/reliability.md").read_text()
wrong = []
named = re.findall(r'`(tests/[^`]+\.(?:cpp|py))`(?: "([^"]+)")?', text)
for file, story in named:
    path = root / file
    if not path.is_file():
        wrong.append(f"{file} is not there")
    elif story and f'"{story}"' not in re.sub(r'"\s*\n\s*"', "", path.read_text()):
        wrong.append(f"{file} has no story \"{story}\"")
if len(named) < 20:
    wrong.append("hardly any promise names its test")
for line in wrong:
    print(line)
sys.exit(1 if wrong else 0)
