# Sourced by scripts/demo and scripts/test: installs Debian packages that are not there yet, and says which.

# Where configure's and the tests' tools come from. Keep in step with configure.ac and the README.
BUILD_PACKAGES="build-essential autoconf automake pkg-config libcurl4-openssl-dev libjsmn-dev libcsv-dev libsqlite3-dev libpq-dev
  libzstd-dev libssl-dev zlib1g-dev libinih-dev libcmocka-dev libmicrohttpd-dev ca-certificates sqlite3"
TEST_PACKAGES="zsh fish tmux debhelper dpkg-dev fakeroot lintian systemd man-db faketime perl clang libclang-rt-14-dev valgrind cppcheck mandoc curl openssl zstd time strace binutils procps util-linux nginx-light postgresql-15 postgresql-client-15"
# What bench/run needs besides: the API's server, the peers and their libraries.
BENCH_PACKAGES="nginx-light postgresql-15 postgresql-client-15 jq curl sqlite3 strace time util-linux python3 python3-requests python3-psycopg2"

install_packages() {
  local missing=() package sudo= policy=0 failed=0
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing from Debian: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "not root, and there is no sudo: install these packages by hand" >&2; return 1; }
    sudo=sudo
  fi
  $sudo apt-get update -qq
  # Servers are installed for the tests, which start their own: no service is to be started on this machine.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
    $sudo chmod 755 /usr/sbin/policy-rc.d
    policy=1
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || failed=1
  [ "$policy" = 0 ] || $sudo rm -f /usr/sbin/policy-rc.d
  return "$failed"
}

# Makes configure where it is missing or older than what it is made from. Where the checkout was configured in its own folder, nothing can be built beside
# that: what was built there goes.
bootstrap_if_needed() {
  if [ -f config.status ]; then
    echo "cleaning what was built in the checkout's own folder (make distclean): nothing can be built beside it"
    make -s distclean
  fi
  if [ ! -x configure ] || [ configure.ac -nt configure ] || [ Makefile.am -nt Makefile.in ] || [ bootstrap -nt configure ]; then
    ./bootstrap
  fi
}
