/*
 * Golden files; see baseline.h.
 */

#include "baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


char *
baseline_path(const char *folder, const char *name, const char *end)
{
    char        *path;
    const char  *root;

    root = getenv("MODHOST_SOURCE_DIR");

    if (asprintf(&path, "%s/tests/%s/%s%s", root ? root : ".", folder, name,
                 end) == -1)
    {
        abort();
    }

    return path;
}


char *
baseline_read(const char *path, size_t *length)
{
    char    *data;
    long     size;
    FILE    *file;

    file = fopen(path, "rb");

    if (file == NULL) {
        return NULL;
    }

    (void) fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);

    data = malloc((size_t) size + 1);
    *length = fread(data, 1, (size_t) size, file);
    data[*length] = '\0';

    (void) fclose(file);

    return data;
}


static bool
rewrite(const char *path, const void *data, size_t length)
{
    FILE  *file;

    file = fopen(path, "wb");

    if (file == NULL) {
        perror(path);
        return false;
    }

    (void) fwrite(data, 1, length, file);
    printf("rewrote %s\n", path);

    return fclose(file) == 0;
}


static void
tell_difference(const char *path, const char *old, size_t old_length,
    const char *new, size_t new_length)
{
    size_t  i, line;

    for (i = 0, line = 1; i < old_length && i < new_length; i++) {

        if (old[i] != new[i]) {
            break;
        }

        line += old[i] == '\n';
    }

    fprintf(stderr, "%s: differs at byte %zu (line %zu); UPDATE_BASELINES=1 "
            "rewrites it\n", path, i, line);
}


bool
baseline_matches(const char *path, const void *data, size_t length)
{
    bool         same;
    char        *old;
    size_t       old_length;
    const char  *update;

    old = baseline_read(path, &old_length);
    same = old != NULL && old_length == length
           && memcmp(old, data, length) == 0;

    update = getenv("UPDATE_BASELINES");

    if (!same && update != NULL && strcmp(update, "1") == 0) {
        free(old);
        return rewrite(path, data, length);
    }

    if (old == NULL) {
        fprintf(stderr, "%s: is not there; UPDATE_BASELINES=1 writes it\n",
                path);

    } else if (!same) {
        tell_difference(path, old, old_length, data, length);
    }

    free(old);

    return same;
}
