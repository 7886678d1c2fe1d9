/*
 * The canonical text of a head block; tests/vectors/README.md describes it.
 */

#include "heads.h"


static void
dump_bytes(FILE *out, mh_str text)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; i < text.length; i++) {
        c = text.data[i];

        if (c == '\\' || c < 0x20 || c > 0x7e) {
            (void) fprintf(out, "\\x%02x", c);

        } else {
            (void) fputc(c, out);
        }
    }
}


static void
dump_slice(FILE *out, const void *block, const char *name,
    modhost_slice slice)
{
    (void) fprintf(out, "%s=", name);
    dump_bytes(out, mh_head_slice(block, slice));
    (void) fputc('\n', out);
}


static void
dump_field(FILE *out, unsigned index, unsigned known, mh_str name,
    mh_str value)
{
    (void) fprintf(out, "header.%u.known=%u\nheader.%u.name=", index, known,
                   index);
    dump_bytes(out, name);
    (void) fprintf(out, "\nheader.%u.value=", index);
    dump_bytes(out, value);
    (void) fputc('\n', out);
}


static const modhost_field *
fields_of(const void *block, uint32_t offset)
{
    return (const modhost_field *) ((const uint8_t *) block + offset);
}


static void
dump_variables(FILE *out, const modhost_request_head *head)
{
    unsigned                 i;
    const modhost_variable  *variable;

    variable = (const modhost_variable *)
        ((const uint8_t *) head + head->variables_offset);

    for (i = 0; i < head->variable_count; i++) {
        (void) fprintf(out, "variable.%u.name=", i);
        dump_bytes(out, mh_head_slice(head, variable[i].name));
        (void) fprintf(out, "\nvariable.%u.value=", i);
        dump_bytes(out, mh_head_slice(head, variable[i].value));
        (void) fputc('\n', out);
    }
}


void
head_dump_request(FILE *out, const void *block)
{
    unsigned                     i;
    const modhost_request_head  *head;

    head = block;

    (void) fprintf(out, "kind=request\nsize=%u\nversion=%u\nfixed_size=%u\n"
                   "flags=0x%04x\nmethod=%u\nhttp_version=0x%04x\n"
                   "content_length=%lld\nconnection_id=%llu\n"
                   "request_number=%llu\nremote_port=%u\nlocal_port=%u\n"
                   "header_count=%u\nvariable_count=%u\n",
                   head->size, head->version, head->fixed_size, head->flags,
                   head->method, head->http_version,
                   (long long) head->content_length,
                   (unsigned long long) head->connection_id,
                   (unsigned long long) head->request_number,
                   head->remote_port, head->local_port, head->header_count,
                   head->variable_count);

    dump_slice(out, block, "method_name", head->method_name);
    dump_slice(out, block, "target", head->target);
    dump_slice(out, block, "path_base", head->path_base);
    dump_slice(out, block, "path", head->path);
    dump_slice(out, block, "query", head->query);
    dump_slice(out, block, "remote_address", head->remote_address);
    dump_slice(out, block, "local_address", head->local_address);
    dump_slice(out, block, "request_id", head->request_id);
    dump_slice(out, block, "remote_user", head->remote_user);
    dump_slice(out, block, "auth_type", head->auth_type);
    dump_slice(out, block, "tls_protocol", head->tls_protocol);
    dump_slice(out, block, "tls_cipher", head->tls_cipher);
    dump_slice(out, block, "tls_server_name", head->tls_server_name);
    dump_slice(out, block, "tls_client_certificate",
               head->tls_client_certificate);

    for (i = 0; i < head->header_count; i++) {
        dump_field(out, i, fields_of(block, head->headers_offset)[i].known,
                   mh_request_field_name(block, i),
                   mh_request_field_value(block, i));
    }

    dump_variables(out, head);
}


void
head_dump_response(FILE *out, const void *block)
{
    unsigned                      i;
    const modhost_response_head  *head;

    head = block;

    (void) fprintf(out, "kind=response\nsize=%u\nversion=%u\nfixed_size=%u\n"
                   "flags=0x%04x\nstatus=%u\ncontent_length=%lld\n"
                   "header_count=%u\n",
                   head->size, head->version, head->fixed_size, head->flags,
                   head->status, (long long) head->content_length,
                   head->header_count);

    dump_slice(out, block, "reason", head->reason);

    for (i = 0; i < head->header_count; i++) {
        dump_field(out, i, fields_of(block, head->headers_offset)[i].known,
                   mh_response_field_name(block, i),
                   mh_response_field_value(block, i));
    }
}
