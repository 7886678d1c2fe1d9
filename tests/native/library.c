/*
 * A stand-in for a NativeAOT application library. LIBRARY_RESULT is what its
 * entry point returns, LIBRARY_HOLE leaves a function out.
 */

#include "modhost/abi.h"

#include <signal.h>

#ifndef LIBRARY_RESULT
#define LIBRARY_RESULT  MODHOST_OK
#endif

#ifndef LIBRARY_ABI
#define LIBRARY_ABI  MODHOST_ABI_VERSION
#endif

__attribute__((visibility("default")))
int32_t modhost_initialize(const modhost_server_table *server,
    modhost_app_table *app);

static unsigned  calls;


static int32_t
start(const modhost_app_config *config)
{
    (void) config;
    return (int32_t) calls;
}


static void
event(uint32_t app)
{
    (void) app;
}


static void
begin(modhost_exchange *const *exchanges, uint32_t count)
{
    (void) exchanges;
    (void) count;
}


static void
body(modhost_exchange *exchange, const uint8_t *data, uint32_t length,
    uint32_t flags)
{
    (void) exchange;
    (void) data;
    (void) length;
    (void) flags;
}


static void
number(modhost_exchange *exchange, uint32_t value)
{
    (void) exchange;
    (void) value;
}


static void
forget(modhost_exchange *exchange)
{
    (void) exchange;
}


static void
stats(modhost_runtime_stats *result)
{
    (void) result;
}


int32_t
modhost_initialize(const modhost_server_table *server, modhost_app_table *app)
{
    if (server->abi_version != MODHOST_ABI_VERSION
        || app->size < sizeof(*app))
    {
        return MODHOST_E_VERSION;
    }

    /* As a runtime does. */

    signal(SIGTERM, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);

    calls++;

    app->size = sizeof(*app);
    app->abi_version = LIBRARY_ABI;
    app->app_start = start;
    app->app_stop = event;
    app->app_drained = event;
    app->exchange_begin = begin;
    app->exchange_body = body;
    app->exchange_sent = number;
    app->exchange_abort = number;
    app->exchange_forget = forget;
#ifndef LIBRARY_HOLE
    app->runtime_stats = stats;
#else
    (void) stats;
#endif

    return LIBRARY_RESULT;
}
