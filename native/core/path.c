#include "path.h"

#include <string.h>

/* Where a slash of the decoded URI came from. */
enum {
    MARK_LITERAL = 0,
    MARK_UPPER,              /* "%2F"                                         */
    MARK_LOWER,              /* "%2f": kept as the client wrote it            */
    MARK_ESCAPE              /* of the "%" where the server left it escaped   */
};

/* One character of the raw target after percent-decoding. */
typedef struct path_char {
    uint8_t  value;
    uint8_t  mark;           /* of a slash                                    */
    bool     plain;          /* decoded to one of "%#?": no syntax any more   */
} path_char;

/* What precedes, within the segment. */
enum path_state {
    PATH_USUAL = 0,
    PATH_SLASH,
    PATH_DOT,
    PATH_DOT_DOT
};

typedef struct path_walk {
    const uint8_t  *next;
    const uint8_t  *end;
    uint8_t        *text;    /* decoded so far                                */
    uint8_t        *marks;
    size_t          length;
    unsigned        flags;   /* MH_PATH_*                                     */
} path_walk;


static int
hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* 1: a character; 0: the end; -1: not something that a server accepts. */
static int
walk_next(path_walk *walk, path_char *c)
{
    int  high, low;

    if (walk->next == walk->end || *walk->next == '?' || *walk->next == '#') {
        return 0;
    }

    c->value = *walk->next++;
    c->mark = MARK_LITERAL;
    c->plain = false;

    if (c->value != '%') {
        return 1;
    }

    if (walk->end - walk->next < 2) {
        return -1;
    }

    high = hex_value(walk->next[0]);
    low = hex_value(walk->next[1]);

    if (high < 0 || low < 0 || high + low == 0) {
        return -1;
    }

    c->value = (uint8_t) (high << 4 | low);
    c->plain = c->value == '%' || c->value == '#' || c->value == '?';

    if (c->value == '/') {
        c->mark = walk->next[1] == 'F' ? MARK_UPPER : MARK_LOWER;
    }

    walk->next += 2;

    return 1;
}


static void
walk_put(path_walk *walk, const path_char *c)
{
    walk->text[walk->length] = c->value;
    walk->marks[walk->length] = c->mark;
    walk->length++;
}


/* An escaped slash that the server does not decode: no end of a segment. */
static void
walk_escape(path_walk *walk, const path_char *c)
{
    memcpy(walk->text + walk->length, c->mark == MARK_UPPER ? "%2F" : "%2f",
           3);
    memset(walk->marks + walk->length, MARK_LITERAL, 3);
    walk->marks[walk->length] = MARK_ESCAPE;
    walk->length += 3;
}


/* "/x/.." at the end becomes "/". 0; -1: above the root. */
static int
walk_up(path_walk *walk)
{
    size_t  at;

    if (walk->length < 4) {
        return -1;
    }

    at = walk->length - 4;

    while (walk->text[at] != '/') {
        if (at-- == 0) {
            return -1;
        }
    }

    walk->length = at + 1;

    return 0;
}


static int
walk_slash(path_walk *walk, enum path_state state, const path_char *c)
{
    switch (state) {

    case PATH_USUAL:
        walk_put(walk, c);
        return 0;

    case PATH_SLASH:
        if ((walk->flags & MH_PATH_MERGE_SLASHES) == 0) {
            walk_put(walk, c);
        }
        return 0;

    case PATH_DOT:
        walk->length--;
        return 0;

    case PATH_DOT_DOT:
        return walk_up(walk);
    }

    return -1;
}


static enum path_state
walk_char(path_walk *walk, enum path_state state, const path_char *c)
{
    walk_put(walk, c);

    if (c->value == '.' && !c->plain) {

        if (state == PATH_SLASH) {
            return PATH_DOT;
        }

        if (state == PATH_DOT) {
            return PATH_DOT_DOT;
        }
    }

    return PATH_USUAL;
}


/* The web server's own rules, with a mark for each slash. 0, or -1. */
static int
walk_run(path_walk *walk)
{
    int              more;
    path_char        c;
    enum path_state  state;

    state = PATH_USUAL;

    while ((more = walk_next(walk, &c)) > 0) {

        if (c.mark != MARK_LITERAL
            && (walk->flags & MH_PATH_KEEPS_ESCAPED) != 0)
        {
            walk_escape(walk, &c);
            state = PATH_USUAL;

        } else if (c.value == '/') {
            if (walk_slash(walk, state, &c) != 0) {
                return -1;
            }
            state = PATH_SLASH;

        } else {
            state = walk_char(walk, state, &c);
        }
    }

    if (more < 0) {
        return -1;
    }

    if (state == PATH_DOT) {
        walk->length--;
    }

    return state == PATH_DOT_DOT ? walk_up(walk) : 0;
}


/* How many bytes after a "%" make it read as an escaped slash, or 0. */
static size_t
escape_tail(const uint8_t *p, const uint8_t *end)
{
    const uint8_t  *start = p;

    while (end - p >= 2 && p[0] == '2' && p[1] == '5') {
        p += 2;
    }

    if (end - p >= 2 && p[0] == '2' && (p[1] | 0x20) == 'f') {
        return (size_t) (p + 2 - start);
    }

    return 0;
}


static size_t
path_write(mh_str uri, const uint8_t *marks, uint8_t *out)
{
    size_t          i;
    uint8_t        *p;
    const uint8_t  *end;

    p = out;
    end = uri.data + uri.length;

    for (i = 0; i < uri.length; i++) {

        if (uri.data[i] == '/' && marks != NULL && marks[i] != MARK_LITERAL) {
            memcpy(p, marks[i] == MARK_UPPER ? "%2F" : "%2f", 3);
            p += 3;
            continue;
        }

        *p++ = uri.data[i];

        if (marks != NULL && marks[i] == MARK_ESCAPE) {
            continue;
        }

        if (uri.data[i] == '%' && escape_tail(uri.data + i + 1, end) != 0) {
            *p++ = '2';
            *p++ = '5';
        }
    }

    return (size_t) (p - out);
}


size_t
mh_path_room(size_t raw_length, size_t uri_length)
{
    return 3 * uri_length + 2 * raw_length;
}


mh_str
mh_path_map(mh_str raw, mh_str uri, size_t base_length, unsigned flags,
    uint8_t *scratch)
{
    mh_str     path, rest;
    bool       agrees;
    path_walk  walk;

    walk.next = raw.data;
    walk.end = raw.data + raw.length;
    walk.text = scratch + 3 * uri.length;
    walk.marks = walk.text + raw.length;
    walk.length = 0;
    walk.flags = flags;

    agrees = walk_run(&walk) == 0
             && walk.length == uri.length
             && memcmp(walk.text, uri.data, uri.length) == 0;

    rest.data = uri.data + base_length;
    rest.length = uri.length - base_length;

    if (agrees && rest.length != 0) {
        walk.marks[base_length] = MARK_LITERAL;
    }

    path.data = scratch;
    path.length = path_write(rest, agrees ? walk.marks + base_length : NULL,
                             scratch);

    return path;
}


mh_str
mh_path_escape(mh_str base, uint8_t *out)
{
    mh_str  result;

    result.data = out;
    result.length = path_write(base, NULL, out);

    return result;
}


size_t
mh_path_decode(mh_str path, uint8_t *out)
{
    size_t          tail;
    uint8_t        *p;
    const uint8_t  *s, *end;

    p = out;
    s = path.data;
    end = s + path.length;

    while (s < end) {

        if (*s != '%') {
            *p++ = *s++;
            continue;
        }

        s++;
        tail = escape_tail(s, end);

        if (tail == 0) {
            *p++ = '%';

        } else if (tail == 2) {
            *p++ = '/';
            s += 2;

        } else {
            /* one "25" goes; what is left holds no further "%" */
            *p++ = '%';
            memcpy(p, s + 2, tail - 2);
            p += tail - 2;
            s += tail;
        }
    }

    return (size_t) (p - out);
}


ssize_t
mh_path_base(mh_str uri, mh_str base)
{
    if (base.length == 0 || uri.length < base.length
        || memcmp(uri.data, base.data, base.length) != 0)
    {
        return 0;
    }

    if (uri.length == base.length || uri.data[base.length] == '/') {
        return (ssize_t) base.length;
    }

    return -1;
}
