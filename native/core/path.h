/*
 * The path that an application sees.
 *
 * A web server authorises a decoded URI: percent escapes undone, slashes
 * merged, dot segments resolved. ASP.NET Core routes by segments, and there a
 * slash that a client escaped is part of a segment. So Path is the web
 * server's URI, but a slash that came from "%2F" stays "%2F".
 *
 * A literal per cent sign would make that ambiguous: "%252F" is decoded to the
 * characters "%2F", which are no slash. So a "%" of the decoded URI that would
 * read as such an escape, that is, one that is followed by any number of "25"
 * and then by "2F", is written "%25". mh_path_decode undoes both, and
 *
 *     decode(path_base + path) == uri
 *
 * holds for every input: what the walk through the raw target cannot explain
 * (a rewritten or internal URI) is passed as the URI alone, every slash a
 * slash.
 */

#ifndef MH_PATH_H
#define MH_PATH_H

#include "core.h"

/* Bytes of scratch memory that mh_path_map needs. */
size_t mh_path_room(size_t raw_length, size_t uri_length);

#define MH_PATH_MERGE_SLASHES  0x01u   /* the server makes one of several     */
#define MH_PATH_KEEPS_ESCAPED  0x02u   /* the server leaves "%2F" as it is: it
                                          is in its URI, and so in the path   */

/*
 * Any thread; pure. `raw` is the target as the client sent it (a query or
 * fragment is left out of account), `uri` what the web server made of it,
 * `base_length` how many bytes of `uri` are the PathBase: the first byte after
 * it, if there is one, is a slash, and stays one. The result is in `scratch`.
 */
mh_str mh_path_map(mh_str raw, mh_str uri, size_t base_length,
    unsigned flags, uint8_t *scratch);

/* PathBase: `base` with literal per cent signs as above. `out`: 3 × length. */
mh_str mh_path_escape(mh_str base, uint8_t *out);

/* The inverse. `out` has path.length bytes; gives the decoded length. */
size_t mh_path_decode(mh_str path, uint8_t *out);

/*
 * Length of the PathBase of `uri` under the mount `base` (no slash at its
 * end): base.length where `uri` is `base` or goes on with a slash; 0 where it
 * is elsewhere; -1 where it goes on within the segment ("/shopping" under
 * "/shop").
 */
ssize_t mh_path_base(mh_str uri, mh_str base);

#endif /* MH_PATH_H */
