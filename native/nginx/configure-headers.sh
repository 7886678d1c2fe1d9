#!/usr/bin/env bash
# Makes objs/ngx_auto_config.h and its like for an nginx source tree or a
# distribution's headers, in a copy of it.
#
#   configure-headers.sh SOURCE COPY [FLAG...]
set -euo pipefail

source_dir=$1
copy=$2
shift 2

rm -rf "$copy.new"
mkdir -p "$(dirname "$copy")"
cp -r "$source_dir" "$copy.new"
cd "$copy.new"

# Debian's nginx-dev says what its nginx was configured with.
NGX_CONF_FLAGS=(--with-compat --with-http_ssl_module --with-http_v2_module
    --with-http_realip_module --with-threads)
if [ $# -gt 0 ]; then
    NGX_CONF_FLAGS=("$@")
elif [ -f conf_flags ]; then
    # shellcheck source=/dev/null
    . ./conf_flags
fi

configure=./configure
[ -f "$configure" ] || configure=./auto/configure

# Only the headers are wanted; nginx runs the compiler for its own tests.
bash "$configure" "${NGX_CONF_FLAGS[@]}" >configure.log 2>&1 || {
    cat configure.log >&2
    exit 1
}

rm -rf "$copy"
mv "$copy.new" "$copy"
