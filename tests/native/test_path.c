/*
 * Paths: what an application sees decodes to what the web server authorised,
 * byte for byte, whatever the client sent.
 */

#include "check.h"
#include "path.h"

#include <stdint.h>

#define ROOM  1024


/*
 * The web server's decoding, written here a second time and in another way:
 * unescape everything, cut into segments, resolve. `merge`: empty segments go.
 * -1 where a server refuses the target.
 */
static int
reference(const char *raw, bool merge, char *uri)
{
    int          n = 0, i, depth = 0, end;
    char         text[ROOM];
    unsigned     value;

    for (i = 0; raw[i] && raw[i] != '?' && raw[i] != '#'; n++) {
        if (raw[i] == '%') {
            if (!raw[i + 1] || !raw[i + 2]
                || sscanf((char[]) { raw[i + 1], raw[i + 2], 0 }, "%2x",
                          &value) != 1
                || !strchr("0123456789abcdefABCDEF", raw[i + 1])
                || !strchr("0123456789abcdefABCDEF", raw[i + 2])
                || value == 0)
            {
                return -1;
            }
            text[n] = (char) value;
            i += 3;
        } else {
            text[n] = raw[i++];
        }
    }

    /* uri[0..depth) ends with a slash whenever a segment begins */

    uri[0] = '/';
    depth = 1;

    for (i = 1; i <= n; i = end + 1) {
        int  length;

        for (end = i; end < n && text[end] != '/'; end++) { /* void */ }

        length = end - i;

        if (length == 1 && text[i] == '.') {
            continue;
        }

        if (length == 2 && text[i] == '.' && text[i + 1] == '.') {

            /* back over one segment, which may be an empty one */

            depth--;
            if (depth == 0) {
                return -1;
            }
            do {
                depth--;
            } while (depth > 0 && uri[depth] != '/');
            depth++;
            continue;
        }

        if (length == 0 && merge && end < n) {
            continue;
        }

        memcpy(uri + depth, text + i, (size_t) length);
        depth += length;

        if (end < n) {
            uri[depth++] = '/';
        }
    }

    uri[depth] = '\0';

    return depth;
}


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


static const char *
mapped(const char *raw, const char *uri, size_t base, unsigned flags)
{
    mh_str          path;
    static char     text[4 * ROOM];
    static uint8_t  scratch[8 * ROOM];

    path = mh_path_map(str(raw), str(uri), base, flags, scratch);
    memcpy(text, path.data, path.length);
    text[path.length] = '\0';

    return text;
}


#define CHECK_PATH(raw, uri, base, expected)                                  \
    do {                                                                      \
        const char  *got_ = mapped(raw, uri, base, MH_PATH_MERGE_SLASHES);    \
        if (strcmp(got_, expected) != 0) {                                    \
            CHECK_FAIL("%s (%s): %s, not %s", raw, uri, got_, expected);      \
        }                                                                     \
    } while (0)


CASE(An_escaped_slash_stays_escaped)
{
    CHECK_PATH("/a%2Fb", "/a/b", 0, "/a%2Fb");
    CHECK_PATH("/a%2fb?c%2Fd", "/a/b", 0, "/a%2fb");
    CHECK_PATH("/shop/a%2Fb", "/shop/a/b", 5, "/a%2Fb");
    CHECK_PATH("/a%20b/%2f", "/a b/", 0, "/a b/");
}


CASE(An_escaped_slash_that_the_server_keeps_is_passed_on)
{
    const unsigned  flags = MH_PATH_MERGE_SLASHES | MH_PATH_KEEPS_ESCAPED;

    CHECK(strcmp(mapped("/a%2Fb", "/a%2Fb", 0, flags), "/a%2Fb") == 0);
    CHECK(strcmp(mapped("/a%2fb/", "/a%2fb/", 0, flags), "/a%2fb/") == 0);
    CHECK(strcmp(mapped("/s/.%2F/x", "/s/.%2F/x", 2, flags), "/.%2F/x") == 0);

    /* what only looks like one is told apart */

    CHECK(strcmp(mapped("/a%252Fb", "/a%2Fb", 0, flags), "/a%252Fb") == 0);
    CHECK(strcmp(mapped("/else", "/a%2Fb", 0, flags), "/a%252Fb") == 0);
}


CASE(A_slash_after_the_base_is_a_slash)
{
    CHECK_PATH("/shop%2Fx", "/shop/x", 5, "/x");
    CHECK_PATH("/shop%2Fx%2Fy", "/shop/x/y", 5, "/x%2Fy");
    CHECK_PATH("/shop", "/shop", 5, "");
}


CASE(A_literal_per_cent_sign_is_not_ambiguous)
{
    CHECK_PATH("/a%252Fb", "/a%2Fb", 0, "/a%252Fb");
    CHECK_PATH("/a%25252fb", "/a%252fb", 0, "/a%25252fb");
    CHECK_PATH("/100%25", "/100%", 0, "/100%");
    CHECK_PATH("/%252%46", "/%2F", 0, "/%252F");
    CHECK_PATH("/%25%2F", "/%/", 0, "/%%2F");
    CHECK_PATH("/%252%2F", "/%2/", 0, "/%2%2F");
}


CASE(Dot_segments_are_resolved_as_the_server_does)
{
    CHECK_PATH("/x%2Fy/../z", "/x/z", 0, "/x%2Fz");
    CHECK_PATH("/a/%2e%2e/b%2Fc", "/b/c", 0, "/b%2Fc");
    CHECK_PATH("/a/.%2Fb", "/a/b", 0, "/a/b");
    CHECK_PATH("/a%2F%2Fb", "/a/b", 0, "/a%2Fb");
}


CASE(What_the_target_does_not_explain_is_passed_as_it_is)
{
    CHECK_PATH("/old%2Fplace", "/new/place", 0, "/new/place");
    CHECK_PATH("/a%2", "/a/b", 0, "/a/b");
    CHECK_PATH("/a%2Fb", "/%2F/b", 0, "/%252F/b");
    CHECK_PATH("", "/x", 0, "/x");
}


CASE(A_base_takes_whole_segments)
{
    CHECK(mh_path_base(str("/shop/x"), str("/shop")) == 5);
    CHECK(mh_path_base(str("/shop"), str("/shop")) == 5);
    CHECK(mh_path_base(str("/shopping"), str("/shop")) == -1);
    CHECK(mh_path_base(str("/other"), str("/shop")) == 0);
    CHECK(mh_path_base(str("/"), str("/shop")) == 0);
    CHECK(mh_path_base(str("/x"), str("")) == 0);
}


static uint32_t
next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}


static size_t
random_target(uint32_t *state, char *raw)
{
    size_t       i, pieces = 1 + next_random(state) % 14, length = 1;
    const char  *piece;

    static const char *const  all[] = {
        "a", "b", "/", "/", "//", "%2F", "%2f", "%25", "%252F", "%25252f",
        ".", "..", "/../", "/./", "%2e", "%2E%2e", "2F", "2f", "25", "%3F",
        "%23", "%20", "%61", "shop", "%c3%a9", "%5C", "?x", "#y", "%00", "%"
    };

    raw[0] = '/';

    for (i = 0; i < pieces; i++) {

        /* the last four spoil or end most targets: seldom */

        piece = all[next_random(state)
                    % (next_random(state) % 8 ? 26 : 30)];
        memcpy(raw + length, piece, strlen(piece));
        length += strlen(piece);
    }

    raw[length] = '\0';

    return length;
}


CASE(A_hundred_thousand_paths_decode_to_the_authorised_one)
{
    int       length;
    bool      merge;
    char      raw[ROOM], uri[ROOM];
    size_t    base, n, kept = 0, valid = 0;
    mh_str    escaped;
    uint8_t   both[8 * ROOM], decoded[8 * ROOM];
    uint32_t  state = 2463534242u, i;
    const char  *path;

    for (i = 0; i < 100000; i++) {
        (void) random_target(&state, raw);
        merge = next_random(&state) & 1;
        length = reference(raw, merge, uri);

        if (length < 0) {
            /* refused by the server; what it authorised is something else */
            strcpy(uri, "/x%2Fy/z");
            length = (int) strlen(uri);
        } else {
            valid++;
        }

        /* a base ends where a segment does */

        base = next_random(&state) % (size_t) (length + 1);

        while (base != 0 && base != (size_t) length && uri[base] != '/') {
            base--;
        }

        escaped = mh_path_escape((mh_str) { (uint8_t *) uri, base }, both);
        path = mapped(raw, uri, base, merge);
        memcpy(both + escaped.length, path, strlen(path));

        n = mh_path_decode((mh_str) { both, escaped.length + strlen(path) },
                           decoded);

        if (n != (size_t) length || memcmp(decoded, uri, n) != 0) {
            CHECK_FAIL("%s (%s at %zu): %s", raw, uri, base, path);
            return;
        }

        if (path[0] != '\0' && path[0] != '/') {
            CHECK_FAIL("%s (%s at %zu): %s", raw, uri, base, path);
            return;
        }

        kept += strstr(path, "%2F") != NULL || strstr(path, "%2f") != NULL;
    }

    /* the targets were worth the name */

    CHECK(valid > 40000);
    CHECK(kept > 10000);
}


CHECK_MAIN
