/*
 * Opening NativeAOT libraries (stand-ins for them), and what it leaves behind.
 */

#include "app.h"
#include "check.h"

#include <signal.h>

static mh_error            error;
static modhost_app_table  *table;


static const char *
library(const char *name)
{
    static char  path[4096];

    snprintf(path, sizeof(path), "%s/lib%s.so", MODHOST_LIBRARIES, name);

    return path;
}


static void
on_term(int number)
{
    (void) number;
}


CASE(A_library_gives_its_table_once)
{
    modhost_app_table  *second;
    struct sigaction    action;

    signal(SIGTERM, on_term);
    mh_signals_save();

    CHECK_INT(mh_runtime_open_library(library("good"), &table, &error), 0);
    CHECK_INT(table->app_start(NULL), 1);
    CHECK_INT(mh_runtime_open_library(library("good"), &second, &error), 0);
    CHECK(second == table);
    CHECK_INT(table->app_start(NULL), 1);

    sigaction(SIGTERM, NULL, &action);
    CHECK(action.sa_handler == on_term);
    sigaction(SIGSEGV, NULL, &action);
    CHECK(action.sa_handler == SIG_IGN);
    signal(SIGSEGV, SIG_DFL);
}


CASE(What_cannot_be_opened_is_refused_with_the_reason)
{
    CHECK_INT(mh_runtime_open_library("/nowhere/x.so", &table, &error), -1);
    CHECK_INT(error.code, MH_E_LIBRARY_OPEN);
    CHECK_HAS(error.text, "/nowhere/x.so");

    CHECK_INT(mh_runtime_open_library("libm.so.6", &table, &error), -1);
    CHECK_INT(error.code, MH_E_APP_EXPORTS);
    CHECK_HAS(error.text, "modhost_initialize");
}


CASE(A_library_of_another_version_is_refused)
{
    CHECK_INT(mh_runtime_open_library(library("old"), &table, &error), -1);
    CHECK_INT(error.code, MH_E_RUNTIME_VERSION);
    CHECK_HAS(error.text, "version 99");

    CHECK_INT(mh_runtime_open_library(library("hole"), &table, &error), -1);
    CHECK_INT(error.code, MH_E_RUNTIME_VERSION);
}


CASE(A_library_that_fails_is_refused_again_and_again)
{
    CHECK_INT(mh_runtime_open_library(library("fault"), &table, &error), -1);
    CHECK_INT(error.code, MH_E_RUNTIME_INITIALIZE);
    CHECK_HAS(error.text, "E_FAULT (-6)");

    CHECK_INT(mh_runtime_open_library(library("fault"), &table, &error), -1);
    CHECK_HAS(error.text, "before");
}


CASE(The_CLR_does_not_start_after_a_library)
{
    mh_runtime_options  options;

    memset(&options, 0, sizeof(options));
    CHECK_INT(mh_runtime_open_library(library("good"), &table, &error), 0);
    CHECK_INT(mh_runtime_start_clr(&options, &table, &error), -1);
    CHECK_INT(error.code, MH_E_CLR_TOO_LATE);
}

CHECK_MAIN
