/*
 * What the supervisor is told: first all that is kept, then what has happened
 * since. A frame is made when the one before it has left, so nothing piles up.
 */

#include "frame.h"
#include "keep.h"
#include "link_private.h"
#include "report.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Ends of processes that no supervisor was told of yet. */
#define EXITS_MAX  1024u

static struct {
    int  pid;
    int  status;
} exits[EXITS_MAX];

static size_t        exit_first;
static size_t        exit_count;

static mh_frame_out  out;
static uint32_t      number;               /* of the supervisor               */
static bool          telling;
static bool          blob_told;
static bool          shutdown_wanted;      /* of this and any later one       */
static bool          shutdown_told;
static bool          pong_owed;
static uint32_t      pong_value;


void
link_send_reset(uint32_t supervisor, bool tell)
{
    mh_frame_out_free(&out);
    memset(&out, 0, sizeof(out));

    number = supervisor;
    telling = tell;
    blob_told = false;
    shutdown_told = false;
    pong_owed = false;
}


void
link_exited(int pid, int status)
{
    size_t  i;

    if (exit_count == EXITS_MAX) {
        report_log("error", MH_E_WATCHDOG_FULL, "the end of process %d is "
                   "forgotten: no supervisor has asked for it",
                   exits[exit_first].pid);
        exit_first = (exit_first + 1) % EXITS_MAX;
        exit_count--;
    }

    i = (exit_first + exit_count++) % EXITS_MAX;
    exits[i].pid = pid;
    exits[i].status = status;
}


void
link_shutdown(void)
{
    shutdown_wanted = true;
}


void
link_send_pong(uint32_t value)
{
    pong_owed = true;
    pong_value = value;
}


bool
link_send_first(void)
{
    return telling || pong_owed;
}


bool
link_send_pending(void)
{
    return mh_frame_out_size(&out) != 0 || telling || pong_owed
           || exit_count != 0 || (shutdown_wanted && !shutdown_told);
}


static void
put(uint8_t type, uint32_t stream, uint32_t value, mh_str payload)
{
    modhost_frame  frame;

    memset(&frame, 0, sizeof(frame));
    frame.type = type;
    frame.length = (uint32_t) payload.length;
    frame.stream = stream;
    frame.value = value;
    mh_frame_put_copy(&out, &frame, payload.data);
}


static void
put_empty(uint8_t type, uint32_t stream, uint32_t value)
{
    put(type, stream, value, (mh_str) { (const uint8_t *) "", 0 });
}


/* The buffer closes what it sends: it gets a second descriptor. */
static void
put_kept(kept *entry)
{
    int            fd;
    modhost_frame  frame;

    entry->told = number;
    fd = fcntl(entry->fd, F_DUPFD_CLOEXEC, 0);

    if (fd == -1) {
        report_log("error", MH_E_WATCHDOG_FULL, "\"%.*s\" cannot be handed "
                   "over: no descriptor is left", (int) entry->key_length,
                   (const char *) entry->key);
        return;
    }

    memset(&frame, 0, sizeof(frame));
    frame.type = MODHOST_FRAME_KEPT;
    frame.length = entry->key_length;
    frame.descriptors = 1;
    mh_frame_put_fds(&out, &fd, 1);
    mh_frame_put_copy(&out, &frame, entry->key);
}


static void
put_next_kept(void)
{
    kept  *entry;

    entry = keep_untold(number);

    if (entry != NULL) {
        put_kept(entry);

    } else if (!blob_told && keep_blob_get().length != 0) {
        blob_told = true;
        put(MODHOST_FRAME_KEPT_BLOB, 0, 0, keep_blob_get());

    } else {
        telling = false;
        put_empty(MODHOST_FRAME_KEPT_ALL, 0, number - 1);
    }
}


static bool
put_next(void)
{
    if (telling) {
        put_next_kept();

    } else if (pong_owed) {
        pong_owed = false;
        put_empty(MODHOST_FRAME_PONG, 0, pong_value);

    } else if (exit_count != 0) {
        put_empty(MODHOST_FRAME_EXITED, (uint32_t) exits[exit_first].pid,
                  (uint32_t) exits[exit_first].status);
        exit_first = (exit_first + 1) % EXITS_MAX;
        exit_count--;

    } else if (shutdown_wanted && !shutdown_told) {
        shutdown_told = true;
        put_empty(MODHOST_FRAME_SHUTDOWN, 0, 0);

    } else {
        return false;
    }

    return true;
}


bool
link_send(int fd)
{
    int  rc;

    while (mh_frame_out_size(&out) != 0 || put_next()) {
        rc = mh_frame_send(&out, fd);

        if (rc == 0) {
            return true;
        }

        if (rc < 0) {
            telling = false;
            pong_owed = false;
            return false;
        }

        if (out.capacity > LINK_BUFFER_MAX) {
            mh_frame_out_free(&out);
            memset(&out, 0, sizeof(out));
        }
    }

    return true;
}


void
link_send_close(int fd, const mh_error *error)
{
    put(MODHOST_FRAME_CLOSE, 0, error->code,
        (mh_str) { (const uint8_t *) error->text, strlen(error->text) });
    (void) mh_frame_send(&out, fd);
}
