/*
 * Prints sizes, offsets and constants of abi.h, for the test that compares them
 * with the C# bindings. With an argument: compares with that golden file below
 * tests/ instead.
 */

#include "baseline.h"
#include "modhost/abi.h"

#include <stdio.h>
#include <stdlib.h>


static FILE  *out;


#define STRUCT(type)                                                          \
    fprintf(out, "%s size %zu\n", #type, sizeof(type))

#define MEMBER(type, member)                                                  \
    fprintf(out, "%s.%s %zu %zu\n", #type, #member, offsetof(type, member),   \
            sizeof(((type *) 0)->member))

#define CONSTANT(name)                                                        \
    fprintf(out, "%s = %lld\n", #name, (long long) (name))


static void
print_heads(void)
{
#define M(member)  MEMBER(modhost_slice, member);
    STRUCT(modhost_slice);
    M(offset) M(length)
#undef M

#define M(member)  MEMBER(modhost_field, member);
    STRUCT(modhost_field);
    M(known) M(name_length) M(name_offset) M(value_offset) M(value_length)
#undef M

#define M(member)  MEMBER(modhost_variable, member);
    STRUCT(modhost_variable);
    M(name) M(value)
#undef M

#define M(member)  MEMBER(modhost_request_head, member);
    STRUCT(modhost_request_head);
    M(size) M(version) M(fixed_size) M(flags) M(method) M(http_version)
    M(content_length) M(connection_id) M(request_number) M(remote_port)
    M(local_port) M(header_count) M(variable_count) M(headers_offset)
    M(variables_offset) M(method_name) M(target) M(path_base) M(path)
    M(query) M(remote_address) M(local_address) M(request_id) M(remote_user)
    M(auth_type) M(tls_protocol) M(tls_cipher) M(tls_server_name)
    M(tls_client_certificate)
#undef M

#define M(member)  MEMBER(modhost_response_head, member);
    STRUCT(modhost_response_head);
    M(size) M(version) M(fixed_size) M(flags) M(status) M(header_count)
    M(content_length) M(headers_offset) M(reserved) M(reason)
#undef M
}


static void
print_exchanges(void)
{
#define M(member)  MEMBER(modhost_block, member);
    STRUCT(modhost_block);
    M(next) M(data) M(capacity) M(length)
#undef M

#define M(member)  MEMBER(modhost_exchange, member);
    STRUCT(modhost_exchange);
    M(head) M(app_context) M(response_head) M(response_head_capacity) M(app)
    M(flags) M(send_window) M(max_request_body)
#undef M

#define M(member)  MEMBER(modhost_send, member);
    STRUCT(modhost_send);
    M(flags) M(head_size) M(head) M(blocks) M(trailers) M(trailers_size)
    M(file) M(file_offset) M(file_length)
#undef M
}


static void
print_apps(void)
{
#define M(member)  MEMBER(modhost_app_config, member);
    STRUCT(modhost_app_config);
    M(size) M(app) M(name) M(path) M(content_root) M(state_directory)
    M(addresses) M(address_count) M(startup_timeout) M(shutdown_timeout)
    M(worker_index) M(worker_count) M(flags) M(max_request_body)
#undef M

#define M(member)  MEMBER(modhost_runtime_stats, member);
    STRUCT(modhost_runtime_stats);
    M(size) M(pool_threads) M(heap_bytes) M(committed_bytes)
    M(allocated_bytes) M(pool_queue) M(collections)
#undef M
}


static void
print_tables(void)
{
#define M(member)  MEMBER(modhost_server_table, member);
    STRUCT(modhost_server_table);
    M(size) M(abi_version) M(block_alloc) M(block_free) M(exchange_send)
    M(exchange_read) M(exchange_reset) M(exchange_release) M(wake)
    M(app_state) M(log)
#undef M

#define M(member)  MEMBER(modhost_app_table, member);
    STRUCT(modhost_app_table);
    M(size) M(abi_version) M(app_start) M(app_stop) M(app_drained)
    M(exchange_begin) M(exchange_body) M(exchange_sent) M(exchange_abort)
    M(exchange_forget) M(runtime_stats)
#undef M
}


static void
print_constants(void)
{
#define C(name)  CONSTANT(MODHOST_##name);
    C(ABI_VERSION) C(HEAD_VERSION)
    C(OK) C(E_VERSION) C(E_ARGUMENT) C(E_MEMORY) C(E_DETACHED) C(E_STATE)
    C(E_FAULT) C(E_REFUSED)
    C(REQUEST_BODY) C(REQUEST_TLS) C(REQUEST_UPGRADABLE)
    C(REQUEST_EARLY_DATA) C(REQUEST_CHUNKED) C(RESPONSE_NO_BODY)
    C(METHOD_OTHER) C(METHOD_GET) C(METHOD_HEAD) C(METHOD_POST)
    C(METHOD_PUT) C(METHOD_DELETE) C(METHOD_OPTIONS) C(METHOD_PATCH)
    C(METHOD_TRACE) C(METHOD_CONNECT)
    C(EXCHANGE_INLINE) C(EXCHANGE_DETAIL)
    C(SEND_HEAD) C(SEND_END) C(SEND_FLUSH) C(SEND_TRAILERS) C(SEND_FILE)
    C(SEND_UPGRADE) C(SEND_DEFER)
    C(RESET_CLIENT) C(RESET_TIMEOUT) C(RESET_SHUTDOWN) C(RESET_APP)
    C(RESET_BODY) C(RESET_TOO_LARGE)
    C(APP_DETAILED_ERRORS) C(APP_ALONE)
    C(APP_STARTING) C(APP_READY) C(APP_FAILED) C(APP_STOPPING)
    C(APP_STOPPED)
    C(LOG_TRACE) C(LOG_DEBUG) C(LOG_INFO) C(LOG_WARNING) C(LOG_ERROR)
    C(LOG_CRITICAL)
    C(NO_APP) C(BODY_END) C(HEADER_OTHER) C(HEADER_COUNT)
#undef C

#define X(number, symbol, name)                                               \
    fprintf(out, "MODHOST_HEADER_%s = %d %s\n", #symbol, number, name);
    MODHOST_KNOWN_HEADERS(X)
#undef X
}


int
main(int argc, char **argv)
{
    int      rc;
    char    *text, *path;
    size_t   length;

    out = open_memstream(&text, &length);

    print_heads();
    print_exchanges();
    print_apps();
    print_tables();
    print_constants();
    fclose(out);

    if (argc < 2) {
        fputs(text, stdout);
        rc = 0;

    } else {
        path = baseline_path("vectors", argv[1], "");
        rc = baseline_matches(path, text, length) ? 0 : 1;
        free(path);
    }

    free(text);

    return rc;
}
