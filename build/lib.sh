# shellcheck shell=bash disable=SC2034
#
# Common parts of the scripts in this folder; sourced, never run.
#
# Every output goes under $artifacts, which MODHOST_ARTIFACTS can move.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
artifacts=${MODHOST_ARTIFACTS:-$root/artifacts}
dist=$artifacts/dist

# Debian keeps web servers in a folder that is not on an ordinary user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

export HOME=${HOME:-$artifacts/home}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=1
export DOTNET_GENERATE_ASPNET_CERTIFICATE=false

# A build leaves no server process behind.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
export DOTNET_CLI_USE_MSBUILD_SERVER=0

# "probe:package" — the probe is a command, or a file pattern that begins with
# a slash; where it is not found, Debian's package is what has to be installed.
build_needs=(
    nginx:nginx
    /usr/share/nginx/src/conf_flags:nginx-dev
    apache2:apache2-bin
    /usr/include/apache2/httpd.h:apache2-dev
    cmake:cmake
    make:make
    gcc:gcc
    /usr/include/stdio.h:libc6-dev
)
run_needs=("${build_needs[@]}" curl:curl)
test_needs=(
    "${run_needs[@]}"
    python3:python3
    openssl:openssl
    clang:clang
    /usr/include/zlib.h:zlib1g-dev
)
# Tests that need these are skipped, and say so, where they cannot be had.
test_wishes=(
    "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a:libclang-rt-14-dev"
    /usr/lib/python3/dist-packages/grpc:python3-grpcio
    node:nodejs
    npm:npm
    tmux:tmux
    chromium:chromium
    dpkg-buildpackage:dpkg-dev
    dh:debhelper
    lintian:lintian
)
# What build/package needs beside what is built; lintian looks at the result.
package_needs=(
    dpkg-buildpackage:dpkg-dev
    dh:debhelper
    dh_nginx:nginx-dev
    dh_apache2:apache2-dev
)
package_wishes=(lintian:lintian)
bench_needs=(
    "${run_needs[@]}"
    python3:python3
    wrk:wrk
    clang:clang
    /usr/include/zlib.h:zlib1g-dev
)

# Others to compare with; without them their rows are left out.
bench_wishes=(
    /usr/lib/uwsgi/plugins/python3_plugin.so:uwsgi-plugin-python3
    /usr/lib/apache2/modules/mod_wsgi.so:libapache2-mod-wsgi-py3
)

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints a script's own heading comment as its help.
usage() {
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}

# run_child COMMAND... — in the background and in a session of its own, so that
# a signal is acted on at once and the command's whole family can be ended.
child=
run_child() {
    local code=0
    setsid "$@" </dev/null 9>&- &
    child=$!
    wait "$child" || code=$?
    child=
    return "$code"
}

stop_child() {
    [[ -z $child ]] || kill -TERM -- "-$child" 2>/dev/null || true
    child=
}

stop_at_signals() {
    trap 'stop_child; exit 130' INT
    trap 'stop_child; exit 143' TERM HUP
}

# try_step NAME COMMAND... — one line for a person; the output goes to a file,
# of which the end is shown on failure.
try_step() {
    local name=$1 log began=$SECONDS
    shift
    log=${name//[^a-zA-Z0-9._-]/-}
    log=$artifacts/logs/${log:0:60}.log
    mkdir -p "${log%/*}"
    if ! run_child "$@" >"$log" 2>&1; then
        printf '%s failed. The end of %s:\n' "$name" "$log" >&2
        tail -n 40 "$log" >&2
        return 1
    fi
    printf '%-52s %4d s\n' "$name" $((SECONDS - began))
}

step() {
    try_step "$@" || exit 1
}

# is_current STAMP PATH... — nothing below the paths is newer than the stamp.
is_current() {
    local stamp=$1
    shift
    [[ -e $stamp ]] && [[ -z $(find "$@" \( -name obj -o -name bin \) -prune \
        -o -newer "$stamp" -print -quit 2>/dev/null) ]]
}

have() {
    if [[ $1 == /* ]]; then
        compgen -G "$1" >/dev/null
    else
        command -v "$1" >/dev/null
    fi
}

# missing_packages NEED... — names, one a line, each once.
missing_packages() {
    local need
    for need in "$@"; do
        have "${need%:*}" || printf '%s\n' "${need##*:}"
    done | sort -u
}

# Installing nginx must not put a web server on port 80 of this machine. (Of
# Apache only the programs are taken, and no service.)
install_packages() {
    local policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q install -y --no-install-recommends "$@"
}

can_install() {
    ((EUID == 0)) && have apt-get
}

try_install() {
    try_step "packages: $*" bash -c '. "$1"; shift; install_packages "$@"' - \
        "$root/build/lib.sh" "$@"
}

# require NEED... [-- WISH...] — installs what is missing, or says what to
# type. A wish can be done without: wishes are installed one by one, as one
# that cannot be had must not keep the others away.
require() {
    local needs=() missing wishes package
    while (($#)) && [[ $1 != -- ]]; do
        needs+=("$1")
        shift
    done
    (($# == 0)) || shift
    mapfile -t missing < <(missing_packages "${needs[@]}")
    mapfile -t wishes < <(missing_packages "$@")
    if can_install; then
        ((${#missing[@]} == 0)) || try_install "${missing[@]}" || exit 1
        for package in "${wishes[@]}"; do
            try_install "$package" || echo "Going on without $package."
        done
    elif ((${#missing[@]})); then
        printf 'Packages are missing; type:\n    %s %s\n' \
            'sudo apt-get install -y --no-install-recommends' \
            "${missing[*]} ${wishes[*]}" >&2
        exit 1
    elif ((${#wishes[@]})); then
        echo "Going on without: ${wishes[*]}"
    fi
}

require_dotnet() {
    local place
    for place in /usr/share/dotnet /usr/lib/dotnet "$HOME/.dotnet"; do
        have dotnet || [[ ! -x $place/dotnet ]] || PATH=$PATH:$place
    done
    (cd "$root" && dotnet --version) >/dev/null 2>&1 || die "the .NET 10 SDK" \
        "is missing; see https://learn.microsoft.com/dotnet/core/install/linux-debian"
}

# One build at a time: two would write the same files.
lock_artifacts() {
    mkdir -p "$artifacts"
    exec 9>"$artifacts/.lock"
    flock -n 9 || { echo 'Waiting for another build to end.'; flock 9; }
}

unlock_artifacts() {
    exec 9>&-
}
