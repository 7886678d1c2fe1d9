/*
 * The state as JSON.
 */

#include "status_text.h"

#include "status_states.h"


static void
write_requests(mh_json_writer *json, const mh_count_sum *sum)
{
    char      name[] = "0xx";
    unsigned  i;

    mh_json_begin_object(json, "requests");

    for (i = 0; i < MH_COUNT_CLASSES; i++) {
        name[0] = (char) ('1' + i);
        mh_json_number(json, name, (int64_t) sum->requests[i]);
    }

    mh_json_end_object(json);
}


static void
write_app(mh_json_writer *json, const mh_status_app *app)
{
    unsigned             i;
    const mh_count_sum  *sum;

    sum = &app->sum;

    mh_json_begin_object(json, NULL);

    mh_json_cstring(json, "name", app->name);
    mh_json_cstring(json, "group", app->group);
    mh_json_cstring(json, "path", app->path);

    if (app->group == NULL) {
        mh_json_begin_object(json, "processes");

        for (i = 0; i < MH_COUNT_STATES; i++) {
            mh_json_number(json, mh_status_states[i],
                           (int64_t) sum->states[i]);
        }

        mh_json_end_object(json);
        mh_json_number(json, "failures", (int64_t) sum->failures);
    }

    mh_json_number(json, "inFlight", (int64_t) sum->in_flight);
    mh_json_number(json, "waiting", (int64_t) sum->waiting);
    mh_json_number(json, "queueMilliseconds", (int64_t) sum->queue_ms);
    mh_json_number(json, "appMilliseconds", (int64_t) sum->app_ms);

    write_requests(json, sum);

    mh_json_begin_object(json, "refused");
    mh_json_number(json, "queueFull", (int64_t) sum->queue_full);
    mh_json_number(json, "queueTimeout", (int64_t) sum->queue_timeouts);
    mh_json_number(json, "unavailable", (int64_t) sum->unavailable);
    mh_json_end_object(json);

    mh_json_number(json, "requestTimeouts", (int64_t) sum->request_timeouts);
    mh_json_number(json, "lost", (int64_t) sum->lost);
    mh_json_number(json, "retried", (int64_t) sum->retried);

    mh_json_end_object(json);
}


static void
write_processes(mh_json_writer *json, const mh_status_view *view)
{
    pid_t     pid;
    unsigned  i;
    mh_usage  usage;

    mh_json_begin_array(json, "processes");

    i = 0;

    while (view->counters != NULL
           && mh_counters_next(view->counters, &i, &pid, &usage))
    {
        mh_json_begin_object(json, NULL);
        mh_json_number(json, "pid", pid);
        mh_json_number(json, "residentBytes", (int64_t) usage.resident_bytes);

        if (mh_status_embeds(view)) {
            mh_json_number(json, "heapBytes", (int64_t) usage.heap_bytes);
            mh_json_number(json, "committedBytes",
                           (int64_t) usage.committed_bytes);
            mh_json_number(json, "poolThreads", (int64_t) usage.pool_threads);
            mh_json_number(json, "poolQueue", (int64_t) usage.pool_queue);
        }

        mh_json_end_object(json);
    }

    mh_json_end_array(json);
}


void
mh_status_json(const mh_status_view *view, mh_json_writer *json)
{
    unsigned  i;

    mh_json_begin_object(json, NULL);

    mh_json_cstring(json, "server", view->server);
    mh_json_number(json, "generation", view->generation);

    if (view->groups_json.length != 0) {
        mh_json_raw(json, "groups", view->groups_json);

    } else {
        mh_json_begin_array(json, "groups");
        mh_json_end_array(json);
    }

    mh_json_begin_array(json, "applications");

    for (i = 0; i < view->app_count; i++) {
        write_app(json, &view->apps[i]);
    }

    mh_json_end_array(json);

    write_processes(json, view);

    mh_json_end_object(json);
}
