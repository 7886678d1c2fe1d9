#include "frame.h"
#include "link_private.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Longest text of CLOSE and FAILED that anybody would read. */
#define TEXT_MAX  65536u

static const struct {
    uint8_t   type;
    uint8_t   descriptors;
    bool      value;             /* may be other than 0                       */
    uint32_t  min;
    uint32_t  max;
} rules[] = {
    { MODHOST_FRAME_CLOSE, 0, true, 0, TEXT_MAX },
    { MODHOST_FRAME_PING, 0, true, 0, 0 },
    { MODHOST_FRAME_STORE, 1, false, 1, MODHOST_KEY_MAX },
    { MODHOST_FRAME_DROP, 0, false, 1, MODHOST_KEY_MAX },
    { MODHOST_FRAME_BLOB, 0, false, 0, MODHOST_FRAME_LENGTH_MAX },
    { MODHOST_FRAME_READY, 0, false, 0, 0 },
    { MODHOST_FRAME_FAILED, 0, false, 1, TEXT_MAX },
    { MODHOST_FRAME_DONE, 0, false, 0, 0 },
    { MODHOST_FRAME_LIMIT, 0, true, 0, 0 },
};

static const link_handler  *handler;
static int                  socket_fd = -1;
static mh_frame_in          in;


void
link_open(int fd, uint32_t supervisor, bool tell, const link_handler *to)
{
    link_close();
    mh_frame_in_free(&in);
    memset(&in, 0, sizeof(in));
    handler = to;
    socket_fd = fd;
    link_send_reset(supervisor, tell);
}


/* Also from within the handler: the buffer stays until the next one opens. */
void
link_close(void)
{
    if (socket_fd != -1) {
        (void) close(socket_fd);
        socket_fd = -1;
    }
}


int
link_poll(short *events)
{
    *events = link_send_first() ? 0 : POLLIN;
    *events |= link_send_pending() ? POLLOUT : 0;

    return socket_fd;
}


static bool
refuse(const mh_frame_view *view, const char *what, mh_error *error)
{
    mh_error_set(error, MH_E_SUPERVISOR_FRAME, "%s (type %u, length %u)", what,
                 view->frame.type, view->frame.length);

    return false;
}


/* Keys are written to logs. */
static bool
is_text(mh_str key)
{
    size_t  i;

    for (i = 0; i < key.length; i++) {
        if (key.data[i] <= ' ' || key.data[i] > '~') {
            return false;
        }
    }

    return true;
}


static bool
frame_check(const mh_frame_view *view, mh_error *error)
{
    size_t                i;
    mh_str                payload;
    const modhost_frame  *frame;

    frame = &view->frame;
    payload = (mh_str) { view->payload, frame->length };

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].type == frame->type) {
            break;
        }
    }

    if (i == sizeof(rules) / sizeof(rules[0])) {
        return refuse(view, "an unknown frame", error);
    }

    if (frame->length < rules[i].min || frame->length > rules[i].max) {
        return refuse(view, "a frame of a bad length", error);
    }

    if (frame->descriptors != rules[i].descriptors) {
        return refuse(view, "a bad count of descriptors", error);
    }

    if (frame->flags != 0 || frame->stream != 0
        || (frame->value != 0 && !rules[i].value))
    {
        return refuse(view, "a frame with a bad header", error);
    }

    if ((frame->type == MODHOST_FRAME_STORE
         || frame->type == MODHOST_FRAME_DROP) && !is_text(payload))
    {
        return refuse(view, "a key that is not text", error);
    }

    return true;
}


static bool
frame_handle(mh_frame_view *view, mh_error *error)
{
    const char  *reason;

    if (!frame_check(view, error)) {
        mh_frame_view_close(view);
        return false;
    }

    if (view->frame.type == MODHOST_FRAME_PING) {
        link_send_pong(view->frame.value);
        return true;
    }

    reason = handler->frame(&view->frame,
                            (mh_str) { view->payload, view->frame.length },
                            view->fds[0]);

    return reason == NULL || refuse(view, reason, error);
}


/* All frames that are there; or up to one that has to be answered first. */
static enum mh_frame_result
frames_handle(mh_error *error)
{
    mh_frame_view         view;
    enum mh_frame_result  result;

    for ( ;; ) {
        result = mh_frame_next(&in, &view, error);

        if (result != MH_FRAME_THERE) {
            return result;
        }

        if (!frame_handle(&view, error)) {
            return MH_FRAME_BAD;
        }

        if (socket_fd == -1 || link_send_first()) {
            return MH_FRAME_THERE;
        }
    }
}


static void
end(const char *reason)
{
    if (socket_fd != -1) {
        link_close();
        handler->ended(reason);
    }
}


/* A long state leaves no large buffer behind. */
static void
buffer_trim(void)
{
    if (in.capacity > LINK_BUFFER_MAX && in.start == in.end
        && in.fd_count == 0)
    {
        mh_frame_in_free(&in);
        memset(&in, 0, sizeof(in));
    }
}


/* Until there is nothing more; false: there will be nothing more. */
static bool
receive(bool answer)
{
    mh_error                error;
    enum mh_frame_result    handled;
    enum mh_receive_result  received;

    while (socket_fd != -1 && !(answer && link_send_first())) {
        handled = frames_handle(&error);

        if (handled == MH_FRAME_THERE) {
            continue;
        }

        buffer_trim();
        received = handled == MH_FRAME_BAD
                   ? MH_RECEIVE_BAD
                   : mh_frame_receive(&in, socket_fd, &error);

        if (received == MH_RECEIVE_BAD) {
            link_send_close(socket_fd, &error);
            end(error.text);
            return false;
        }

        if (received == MH_RECEIVE_EMPTY || received == MH_RECEIVE_END) {
            return received == MH_RECEIVE_EMPTY;
        }
    }

    return true;
}


void
link_ready(void)
{
    bool  sound;

    while (socket_fd != -1) {
        sound = link_send(socket_fd);

        if (sound && link_send_first()) {
            return;
        }

        /* Who reads no more may still have said why. */

        if (!receive(sound) || !sound) {
            end(NULL);
            return;
        }

        if (!link_send_first()) {
            return;
        }
    }
}


void
link_last_words(void)
{
    if (socket_fd != -1) {
        (void) receive(false);
        link_close();
    }
}
