/*
 * The response head: what Apache itself must know of it, and what becomes of it
 * where Apache answers in the application's place.
 */

#include "modhost_request.h"

#include <mod_core.h>
#include <util_filter.h>


/* What stays when the answer comes from somewhere else. */
static const uint16_t  redirect_headers[] = {
    MODHOST_HEADER_CACHE_CONTROL,
    MODHOST_HEADER_CONTENT_DISPOSITION,
    MODHOST_HEADER_EXPIRES,
    MODHOST_HEADER_SET_COOKIE,
    0
};

static const uint16_t  challenge_headers[] = {
    MODHOST_HEADER_WWW_AUTHENTICATE,
    0
};


/* Only 103 goes further, as from nginx. */
static void
response_informational(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    int           status;
    apr_table_t  *saved;
    request_rec  *r;

    r = ctx->r;

    if (head->status != 103 || r->main != NULL || ctx->head_sent) {
        return;
    }

    saved = r->headers_out;
    status = r->status;

    r->headers_out = apr_table_make(r->pool, 4);
    r->status = head->status;

    mod_modhost_copy_hints(ctx, head, r->headers_out);

    ap_send_interim_response(r, 1);

    r->headers_out = saved;
    r->status = status;
}


/* Of the application's Content-Length; false: there are two. */
static bool
response_length(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    mh_str      value;
    unsigned    i;
    apr_off_t   length;

    ctx->rest = head->content_length;

    for (i = 0; i < head->header_count; i++) {

        if (mh_response_field_known(head, i) != MODHOST_HEADER_CONTENT_LENGTH)
        {
            continue;
        }

        value = mh_response_field_value(head, i);

        if (!ap_parse_strict_length(&length,
                apr_pstrmemdup(ctx->r->pool, (const char *) value.data,
                               value.length))
            || (ctx->rest != -1 && ctx->rest != length))
        {
            mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_RESPONSE_LENGTH,
                                    "application \"%s\" sent a Content-Length "
                                    "of \"%.*s\"", ctx->ticket.app->name,
                                    (int) value.length,
                                    (const char *) value.data);
            return false;
        }

        ctx->rest = length;
    }

    return true;
}


static void
response_status(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    mh_str       reason;
    request_rec *r;

    r = ctx->r;
    reason = mh_head_slice(head, head->reason);

    r->status = head->status;

    if (reason.length != 0) {
        r->status_line = apr_psprintf(r->pool, "%03d %.*s", head->status,
                                      (int) reason.length,
                                      (const char *) reason.data);
        return;
    }

    /* Apache makes 500 of a status that it has no phrase for, and no line */

    r->status_line = atoi(ap_get_status_line(head->status)) == head->status
                     ? NULL : apr_psprintf(r->pool, "%03d ", head->status);
}


static const char *
response_accel(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    mh_str    value;
    unsigned  i;

    for (i = 0; i < head->header_count; i++) {

        if (mh_response_field_known(head, i) == MODHOST_HEADER_X_ACCEL_REDIRECT)
        {
            value = mh_response_field_value(head, i);

            return apr_pstrmemdup(ctx->r->pool, (const char *) value.data,
                                  value.length);
        }
    }

    return NULL;
}


static void
response_redirect(mod_modhost_ctx *ctx, const modhost_response_head *head,
    const char *uri, uint32_t flags)
{
    mod_modhost_detach(ctx, (flags & MODHOST_SEND_END)
                            ? 0 : MODHOST_RESET_CLIENT);

    if (uri[0] != '/' || ap_strstr_c(uri, "/../") != NULL) {
        mod_modhost_log_request(ctx->r, APLOG_ERR, MH_E_ACCEL_REDIRECT,
                                "application \"%s\" redirects to \"%s\"",
                                ctx->ticket.app->name, uri);
        mod_modhost_finish(ctx, HTTP_NOT_FOUND);
        return;
    }

    mod_modhost_copy_some(ctx, head, redirect_headers,
                          ctx->r->err_headers_out);
    mod_modhost_body_discard(ctx);

    if (ctx->finished) {
        return;
    }

    /* with a body that is still to come: whoever answers must not keep the
       connection, or the body would be taken for a request */

    if (ap_find_token(ctx->r->pool,
                      apr_table_get(ctx->r->headers_out, "Connection"),
                      "close"))
    {
        apr_table_setn(ctx->r->err_headers_out, "Connection", "close");
    }

    ctx->redirect = uri;
    mod_modhost_finish(ctx, OK);
}


/* Whether an ErrorDocument takes this status over. */
static bool
response_intercepted(mod_modhost_ctx *ctx, const modhost_response_head *head)
{
    if (head->status < 400
        || !mod_modhost_number(ctx->conf, MH_OPTION_intercept_errors))
    {
        return false;
    }

    return ap_response_code_string(ctx->r, ap_index_of_response(head->status))
           != NULL;
}


static void
response_intercept(mod_modhost_ctx *ctx, const modhost_response_head *head,
    uint32_t flags)
{
    mod_modhost_detach(ctx, (flags & MODHOST_SEND_END)
                            ? 0 : MODHOST_RESET_CLIENT);

    if (head->status == HTTP_UNAUTHORIZED) {
        mod_modhost_copy_some(ctx, head, challenge_headers,
                              ctx->r->err_headers_out);
    }

    mod_modhost_finish(ctx, head->status);
}


/*
 * Ranges and conditions are the application's own business; what mod_mime made
 * of the URL's ending says nothing of the response.
 */
static void
response_clear(mod_modhost_ctx *ctx)
{
    ap_filter_t      *f, *next;
    request_rec      *r;
    ap_filter_rec_t  *byterange;

    r = ctx->r;

    ap_set_content_type(r, NULL);
    r->content_encoding = NULL;
    r->content_languages = NULL;

    byterange = ap_get_output_filter_handle("BYTERANGE");

    for (f = r->output_filters; f != NULL; f = next) {
        next = f->next;

        if (f->frec == byterange) {
            ap_remove_output_filter(f);
        }
    }
}


bool
mod_modhost_response_head(mod_modhost_ctx *ctx,
    const modhost_response_head *head, uint32_t flags)
{
    const char  *uri;

    if (head->status < 200 && !(flags & MODHOST_SEND_UPGRADE)) {
        response_informational(ctx, head);
        return true;
    }

    uri = response_accel(ctx, head);

    if (uri != NULL) {
        response_redirect(ctx, head, uri, flags);
        return false;
    }

    if (response_intercepted(ctx, head)) {
        response_intercept(ctx, head, flags);
        return false;
    }

    if (flags & MODHOST_SEND_UPGRADE) {
        return mod_modhost_upgrade(ctx, head);
    }

    if (flags & MODHOST_SEND_END) {
        mod_modhost_body_discard(ctx);

        if (ctx->finished) {
            return false;
        }
    }

    /* too late for "100 Continue"; and without chunks as long as it is due. The
       body that an error page was not given may come, or a request instead */

    if (ctx->r->expecting_100 && !ctx->has_body && ctx->r->main == NULL) {
        apr_table_setn(ctx->r->headers_out, "Connection", "close");
    }

    ctx->r->expecting_100 = 0;

    if (!response_length(ctx, head)) {
        mod_modhost_fail(ctx, HTTP_INTERNAL_SERVER_ERROR, MODHOST_RESET_APP);
        return false;
    }

    response_clear(ctx);
    response_status(ctx, head);
    mod_modhost_copy_headers(ctx, head, ctx->r->headers_out);
    mod_modhost_affinity_cookie(ctx);
    mod_modhost_spool_find(ctx, head);

    if (ctx->rest >= 0) {
        ap_set_content_length(ctx->r, ctx->rest);
    }

    if ((flags & MODHOST_SEND_TRAILERS) != 0
        || apr_table_get(ctx->r->headers_out, "Trailer") != NULL)
    {
        mod_modhost_expect_trailers(ctx);
    }

    ctx->own_server = apr_table_get(ctx->r->headers_out, "Date") != NULL
                      || apr_table_get(ctx->r->headers_out, "Server") != NULL;
    ctx->head_sent = 1;

    return true;
}
