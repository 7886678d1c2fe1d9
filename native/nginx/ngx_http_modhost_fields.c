/*
 * What of a request head came as text from the client: target, host, fields.
 */

#include "ngx_http_modhost_head.h"


/*
 * nginx chose the server by the host of an absolute target where there is one,
 * else by the Host header (or :authority): the app sees the same.
 */
void
ngx_http_modhost_head_host(ngx_http_modhost_head_t *head)
{
    u_char              *end;
    ngx_http_request_t  *r;

    r = head->request;

    if (r->schema_start != NULL && r->host_start != NULL
        && r->http_version < NGX_HTTP_VERSION_20)
    {
        /* whether host_end is before or after the port depends on nginx's
           version; it has seen that digits and another character follow */

        end = r->host_end;

        if (*end == ':') {
            do {
                end++;
            } while (*end >= '0' && *end <= '9');
        }

        head->host.data = r->host_start;
        head->host.length = end - r->host_start;

    } else if (r->headers_in.host == NULL && r->headers_in.server.len) {
        head->host = ngx_http_modhost_str(&r->headers_in.server);
    }
}


/* As the client sent it: nginx's unparsed_uri is without scheme and host. */
void
ngx_http_modhost_head_target(ngx_http_modhost_head_t *head)
{
    ngx_http_request_t  *r;

    r = head->request;

    head->target = ngx_http_modhost_str(&r->unparsed_uri);

    if (r->schema_start != NULL && r->http_version < NGX_HTTP_VERSION_20
        && r->unparsed_uri.data > r->schema_start
        && r->unparsed_uri.data <= r->request_line.data + r->request_line.len)
    {
        head->target.data = r->schema_start;

        /* "http://host": nginx takes a slash of "//" for the path */

        head->target.length = r->unparsed_uri.data < r->host_start
                              ? head->host.data + head->host.length
                                - r->schema_start
                              : r->unparsed_uri.data + r->unparsed_uri.len
                                - r->schema_start;
    }

    head->query_mark = r->args.len == 0 && !r->internal
                       && r->unparsed_uri.len != 0
                       && r->unparsed_uri.data[r->unparsed_uri.len - 1] == '?';
}


/* Whether a field frames a body which the app does not get, or not so. */
static ngx_uint_t
ngx_http_modhost_framing(ngx_http_modhost_head_t *head, unsigned known,
    ngx_str_t *value)
{
    switch (known) {

    case MODHOST_HEADER_TRANSFER_ENCODING:
        return !head->has_body;

    case MODHOST_HEADER_CONTENT_LENGTH:

        /* nginx before 1.21 takes both, and goes by the chunks */

        return (!head->has_body && ngx_atoof(value->data, value->len) != 0)
               || head->request->headers_in.chunked;

    default:
        return 0;
    }
}


void
ngx_http_modhost_head_fields(ngx_http_modhost_head_t *head, mh_head_writer *w)
{
    mh_str                        name, value;
    unsigned                      known;
    ngx_uint_t                    i;
    ngx_list_part_t              *part;
    ngx_table_elt_t              *h;
    ngx_http_request_t           *r;
    ngx_http_modhost_variable_t  *v;
    ngx_http_modhost_loc_conf_t  *mlcf;

    r = head->request;

    if (head->host.length) {
        mh_head_field(w, MODHOST_HEADER_HOST, head->host, head->host);
    }

    if (head->client.early_data) {
        value.data = (uint8_t *) "1";
        value.length = 1;
        mh_head_field(w, MODHOST_HEADER_EARLY_DATA, value, value);
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            name = ngx_http_modhost_str(&h[i].key);
            value = ngx_http_modhost_str(&h[i].value);
            known = mh_header_known(name);

            if (known == MODHOST_HEADER_HOST && head->host.length) {
                continue;
            }

            if (ngx_http_modhost_framing(head, known, &h[i].value)) {
                continue;
            }

            mh_head_field(w, known, name, value);
        }
    }

    if (head->variables == 0) {
        return;
    }

    mlcf = ngx_http_get_module_loc_conf(r, ngx_http_modhost_module);
    v = mlcf->variables->elts;

    for (i = 0; i < head->variables; i++) {
        mh_head_variable(w, ngx_http_modhost_str(&v[i].name),
                         ngx_http_modhost_str(&head->values[i]));
    }
}


ngx_uint_t
ngx_http_modhost_upgradable(ngx_http_request_t *r)
{
    u_char           *p, *last;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (r != r->main || r->http_version != NGX_HTTP_VERSION_11
        || r->headers_in.upgrade == NULL)
    {
        return 0;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].key.len != sizeof("Connection") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "Connection",
                                   sizeof("Connection") - 1)
                   != 0)
            {
                continue;
            }

            p = h[i].value.data;
            last = p + h[i].value.len;

            if (ngx_strlcasestrn(p, last, (u_char *) "upgrade", 7 - 1)
                != NULL)
            {
                return 1;
            }
        }
    }

    return 0;
}
