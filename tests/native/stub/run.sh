#!/usr/bin/env bash
# Runs a module in a real web server against the stub application.
#
#   run.sh BUILD_DIRECTORY [FILTER]
#
# BUILD_DIRECTORY is CMake's; FILTER a regular expression for scenarios, as in
# groups.request_goes_to_a_worker. MODHOST_TEST_SERVER is nginx (default),
# apache-event, apache-worker or apache-prefork; MODHOST_NGINX and MODHOST_APACHE
# name other programs than those in PATH.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift

case ${MODHOST_TEST_SERVER:-nginx} in
    nginx) module=native/nginx/ngx_http_modhost_module.so ;;
    *) module=native/apache/mod_modhost.so ;;
esac
export MODHOST_MODULE=${MODHOST_MODULE:-$build/$module}
export MODHOST_STUB=${MODHOST_STUB:-$build/tests/native/stub/Stub.so}

# A module with AddressSanitizer needs its runtime before everything else.
if [[ $(nm -D --undefined-only "$MODHOST_MODULE") == *__asan_init* ]]; then
    MODHOST_PRELOAD=$("${CC:-cc}" -print-file-name=libasan.so)
    export MODHOST_PRELOAD
fi

exec python3 -B "$here/scenarios.py" "$@"
