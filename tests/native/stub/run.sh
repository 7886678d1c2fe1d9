#!/usr/bin/env bash
# Runs the module in a real nginx against the stub application.
#
#   run.sh BUILD_DIRECTORY [FILTER]
#
# BUILD_DIRECTORY is CMake's. MODHOST_NGINX names another nginx than the one in PATH.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift

export MODHOST_MODULE=${MODHOST_MODULE:-$build/native/nginx/ngx_http_modhost_module.so}
export MODHOST_STUB=${MODHOST_STUB:-$build/tests/native/stub/Stub.so}

# A module with AddressSanitizer needs its runtime before everything else.
if [[ $(nm -D --undefined-only "$MODHOST_MODULE") == *__asan_init* ]]; then
    MODHOST_PRELOAD=$("${CC:-cc}" -print-file-name=libasan.so)
    export MODHOST_PRELOAD
fi

exec python3 -B "$here/scenarios.py" "$@"
