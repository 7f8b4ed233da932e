#!/usr/bin/env python3
"""The rooms of docs/architecture.md hold: what a file may include, where it stands, how long it is.

The list of rooms is the room() calls of CMakeLists.txt, lowest first. Fails on
- a room that includes one it does not name, or names one that comes later;
- a private header (src/ROOM/) included from another room;
- a folder of include/harbor_router without its like in src;
- a file over 400 lines (over 300 is only said);
- `using namespace` at file scope in a header;
- names that say nothing: util, common, manager, helper, misc.
A header of include/ that no other room includes is only said: it may move into src/.
"""
import pathlib
import re
import sys

MOST_LINES, AIM_LINES = 400, 300
EMPTY_WORDS = re.compile(r"(^|_)(utils?|common|managers?|helpers?|misc)(_|\.|$)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
ROOM = re.compile(r"^room\((\w+)([^)]*)\)", re.MULTILINE)


def rooms_of(cmake):
    rooms = {}
    for name, rest in ROOM.findall(cmake):
        rooms[name] = [word for word in rest.split() if word not in ("LINKS", "ASIO")]
    return rooms


def main():
    root = pathlib.Path(sys.argv[1])
    rooms = rooms_of((root / "CMakeLists.txt").read_text())
    problems, remarks = [], []
    if len(rooms) < 5:
        problems.append(f"CMakeLists.txt names only {len(rooms)} rooms")
    order = list(rooms)
    for name, lower in rooms.items():
        for other in lower:
            if other not in order[:order.index(name)]:
                problems.append(f"room {name} names {other}, which does not come before it")

    sources = [path for folder in ("src", "include", "cmd", "tests")
               for path in sorted((root / folder).rglob("*"))
               if path.suffix in (".cpp", ".hpp")]
    public_users = {}
    for path in sources:
        where = path.relative_to(root)
        text = path.read_text()
        lines = text.count("\n")
        if lines > MOST_LINES:
            problems.append(f"{where} has {lines} lines, more than {MOST_LINES}")
        elif lines > AIM_LINES:
            remarks.append(f"{where} has {lines} lines")
        if path.suffix == ".hpp" and re.search(r"^using namespace", text, re.MULTILINE):
            problems.append(f"{where}: using namespace at file scope in a header")
        if EMPTY_WORDS.search(path.name) or any(EMPTY_WORDS.search(p) for p in where.parts[:-1]):
            problems.append(f"{where}: the name says nothing about what it holds")

        room = None
        if where.parts[0] == "src":
            room = where.parts[1]
        elif where.parts[0] == "include":
            room = where.parts[2]
        if room is not None and room not in rooms:
            problems.append(f"{where} stands in no room of CMakeLists.txt")
            continue
        for included in INCLUDE.findall(text):
            parts = included.split("/")
            if parts[0] == "harbor_router" and len(parts) > 2:
                public_users.setdefault(included, set()).add(room or where.parts[0])
                if room is not None and parts[1] != room and parts[1] not in rooms[room]:
                    problems.append(f"{where} includes {included}, but {room} may include only "
                                    f"{', '.join(rooms[room]) or 'itself'}")
            elif parts[0] in rooms and room is not None and parts[0] != room:
                problems.append(f"{where} includes {included}, a private header of {parts[0]}")
            elif parts[0] in ("cmd", "tests") and room is not None:
                problems.append(f"{where} includes {included}, which stands above every room")

    for folder in sorted((root / "include/harbor_router").iterdir()):
        if not (root / "src" / folder.name).is_dir():
            problems.append(f"include/harbor_router/{folder.name} has no src/{folder.name}")
    for path in sorted((root / "include").rglob("*.hpp")):
        included = str(path.relative_to(root / "include"))
        room = included.split("/")[1]
        if not public_users.get(included, set()) - {room, "tests"}:
            remarks.append(f"include/{included} is included by no other room")

    for line in remarks:
        print(f"note: {line}")
    for line in problems:
        print(f"wrong: {line}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
