#!/bin/sh
# Usage: need_system_package.sh PURPOSE PACKAGE...
# Installs Debian packages where that is possible without asking anybody; otherwise says what to install.
set -eu
purpose=$1
shift
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    exit 0
fi
echo "Safepassage needs $* for $purpose. On Debian or Ubuntu install it with:" >&2
echo "    sudo apt-get update && sudo apt-get install --no-install-recommends $*" >&2
echo "(on another system, its package of the same purpose), then run make again." >&2
exit 1
