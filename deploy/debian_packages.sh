# shellcheck shell=bash disable=SC2034
# Sourced by deploy/quickstart.sh and tests/run.sh: installs the Debian packages that are missing,
# and never removes one.

# What a build needs. libboost1.81-dev conflicts with libboost-dev (1.74).
build_packages=(g++ cmake ninja-build ccache pkg-config git
  libboost1.81-dev libboost-url1.81-dev libssl-dev nlohmann-json3-dev libcli11-dev libfmt-dev
  libhiredis-dev libcrypt-dev)

missing_of() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      echo "$package"
    fi
  done
}

install_missing() {
  local missing
  mapfile -t missing < <(missing_of "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0

  local root=()
  if [[ $EUID -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing: ${missing[*]}" >&2
      echo "Install them as root, or install sudo, and run this again." >&2
      return 1
    fi
    root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)
  "${apt[@]}" update || echo "apt-get update failed; going on with the lists there are" >&2

  local plan removed
  if ! plan=$("${apt[@]}" install --simulate --no-install-recommends "${missing[@]}" 2>&1); then
    echo "$plan" >&2
    echo "apt-get cannot install these beside what you have; nothing was changed." >&2
    echo "(libboost1.81-dev and libboost-dev, which is 1.74, exclude each other.)" >&2
    return 1
  fi
  removed=$(awk '$1 == "Remv" {print $2}' <<<"$plan" | tr '\n' ' ')
  if [[ -n $removed ]]; then
    echo "Installing these would remove packages you have: $removed" >&2
    echo "(libboost1.81-dev and libboost-dev, which is 1.74, exclude each other.)" >&2
    echo "Nothing was changed. Remove them yourself if you can spare them, or use a container." >&2
    return 1
  fi
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
}
