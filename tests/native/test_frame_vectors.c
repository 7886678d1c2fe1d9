/*
 * The golden conversations of tests/vectors/frames: what C writes is what is
 * stored, and what is stored reads as its text says; the bad ones are refused.
 */

#include "baseline.h"
#include "check.h"
#include "frames.h"
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>


static char *
vector_path(const char *folder, const char *name, const char *end)
{
    char  where[64];

    snprintf(where, sizeof(where), "vectors/%s", folder);

    return baseline_path(where, name, end);
}


static void
check_stored(const frame_sample *sample, const char *folder)
{
    char          *path;
    mh_frame_out   out;

    memset(&out, 0, sizeof(out));
    sample->build(&out);

    path = vector_path(folder, sample->name, ".bin");
    CHECK(baseline_matches(path, out.data, out.end));
    free(path);
    mh_frame_out_free(&out);
}


CASE(C_writes_the_stored_bytes)
{
    size_t  i;

    for (i = 0; i < frame_sample_count; i++) {
        check_stored(&frame_samples[i], "frames");
    }

    for (i = 0; i < frame_bad_sample_count; i++) {
        check_stored(&frame_bad_samples[i], "frames/bad");
    }
}


/* A file has no descriptors: they are made up. */
static void
give_descriptors(mh_frame_in *in)
{
    while (in->fd_count < MH_FRAME_FDS) {
        in->fds[in->fd_count++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}


static void
take_descriptors(mh_frame_in *in)
{
    while (in->fd_count != 0) {
        close(in->fds[--in->fd_count]);
    }
}


static void
check_text(const char *name)
{
    char           *path, *data, *text;
    FILE           *out;
    size_t          length, text_length;
    unsigned        count;
    mh_error        error;
    mh_frame_in     in;
    mh_frame_view   view;

    path = vector_path("frames", name, "");
    data = baseline_read(path, &length);
    REQUIRE(data != NULL);

    memset(&in, 0, sizeof(in));
    REQUIRE(mh_frame_append(&in, data, length));
    free(data);

    out = open_memstream(&text, &text_length);

    for (count = 0; in.start != in.end; count++) {
        give_descriptors(&in);
        REQUIRE(mh_frame_next(&in, &view, &error) == MH_FRAME_THERE);
        frame_dump(out, count, &view);
        mh_frame_view_close(&view);
    }

    fclose(out);
    strcpy(strrchr(path, '.'), ".txt");
    CHECK(baseline_matches(path, text, text_length));

    take_descriptors(&in);
    mh_frame_in_free(&in);
    free(path);
    free(text);
}


CASE(C_reads_every_vector_as_its_text_says)
{
    DIR            *dir;
    char           *path, *end;
    unsigned        count;
    struct dirent  *entry;

    path = vector_path("frames", "", "");
    dir = opendir(path);
    free(path);
    REQUIRE(dir != NULL);

    for (count = 0; (entry = readdir(dir)) != NULL; /* void */) {
        end = strrchr(entry->d_name, '.');

        if (end != NULL && strcmp(end, ".bin") == 0) {
            check_text(entry->d_name);
            count++;
        }
    }

    closedir(dir);
    CHECK(count >= frame_sample_count);
}


/* ---- as a channel takes them ------------------------------------------- */

/* The worker says what the file holds; requests for its streams are open. */
static bool
say_file(rig_worker *worker, const char *folder, const char *name)
{
    bool     good;
    char    *path, *data;
    size_t   length;

    path = vector_path(folder, name, ".bin");
    data = baseline_read(path, &length);
    free(path);

    good = data != NULL
           && write(worker->fd, data, length) == (ssize_t) length;
    free(data);

    return good;
}


CASE(A_channel_refuses_the_bad_ones)
{
    size_t       i;
    uint32_t     code;
    const char  *name;
    rig_worker   worker;

    for (i = 0; i < frame_bad_sample_count; i++) {

        name = frame_bad_samples[i].name;

        if (strncmp(name, "channel-to-web-server-", 22) != 0) {
            continue;
        }

        REQUIRE(rig_open(NULL));
        REQUIRE(rig_connect(&worker, 1));
        REQUIRE(say_file(&worker, "frames/bad", name));
        rig_turn();

        if (!rig_closed(&worker, &code)
            || (code != MH_E_FRAME && code != MH_E_PROTOCOL))
        {
            CHECK_FAIL("%s is taken, or refused with MH%04u", name, code);
        }

        CHECK(rig_close());
        rig_worker_close(&worker);
    }
}


CASE(A_channel_takes_the_good_one)
{
    int          fd;
    char        *path, *data;
    size_t       i, length;
    mh_error     error;
    rig_answer   answers[6];
    rig_worker   worker;

    REQUIRE(rig_open(NULL));
    REQUIRE(rig_connect(&worker, 1));

    for (i = 0; i < 6; i++) {
        rig_begin(&answers[i], worker.channel);
    }

    rig_turn();
    mh_exchange_abort(answers[4].exchange, MODHOST_RESET_CLIENT);

    path = vector_path("frames", "channel-to-web-server", ".bin");
    data = baseline_read(path, &length);
    free(path);
    REQUIRE(data != NULL);

    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    worker.channel->wire.in.fds[worker.channel->wire.in.fd_count++] = fd;
    REQUIRE(mh_frame_append(&worker.channel->wire.in, data, length));
    free(data);

    /* all but the last frame, which is CLOSE */

    mh_queue_enter(&rig_queue);
    CHECK_INT(mh_wire_take(&worker.channel->wire, &error), -1);
    mh_queue_leave(&rig_queue);
    CHECK_INT(error.code, MH_E_PEER_CLOSED);
    CHECK_HAS(error.text, "MH0602: a frame has no place here");
    CHECK_INT(worker.channel->used, 0);
    CHECK_INT(worker.channel->credits, 20);    /* 16, 8 more, 4 back          */
    CHECK(worker.channel->draining);
    rig_turn();                                /* so it is closed             */

    CHECK_TEXT(answers[0].body, "Hello, World!");
    CHECK_INT(answers[0].ended, 1);
    CHECK_INT(answers[1].window, 65536);
    CHECK_INT(answers[1].trailers, 1);
    CHECK_INT(answers[2].file_length, 1000000);
    CHECK_INT(answers[2].ended, 1);
    CHECK_INT(answers[3].upgraded, 1);
    CHECK_INT(answers[3].reset, MODHOST_RESET_APP);
    CHECK_INT(answers[5].reset, MH_RESET_RETRY);
    for (i = 0; i < 6; i++) {
        rig_done(&answers[i]);
    }

    CHECK(rig_close());
    rig_worker_close(&worker);
}

CHECK_MAIN
