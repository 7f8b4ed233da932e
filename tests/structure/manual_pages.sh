#!/bin/bash
# The manual pages are clean to mandoc's lint, and man renders each with its name and sections.
set -u
folder=$1
failed=0
shopt -s nullglob
pages=("$folder"/*.[1-9])
if [[ ${#pages[@]} -lt 3 ]]; then
  echo "only ${#pages[@]} pages in $folder"
  exit 1
fi
for page in "${pages[@]}"; do
  lint=$(mandoc -Tlint "$page" 2>&1)
  if [[ -n $lint ]]; then
    echo "$lint"
    failed=1
  fi
  text=$(MANPAGER=cat MANWIDTH=80 man --warnings -l "$page" 2>&1)
  name=$(basename "${page%.*}")
  if ! grep -q "^ *$name - " <<<"$text" || grep -q "warning:" <<<"$text"; then
    echo "man -l $page:"
    head -20 <<<"$text"
    failed=1
  fi
done
exit $failed
