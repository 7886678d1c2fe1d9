/*
 * The binary interface between a web-server module and the managed side.
 *
 * This is the only header that C# sees. Two function tables meet here:
 *
 *   modhost_server_table   what the web server offers; the app side calls it
 *   modhost_app_table      what the app side offers; the web server calls it
 *
 * Rules that hold for everything below:
 *
 *   - Both tables begin with `size`. A side that knows fewer functions than
 *     the other gives a smaller size; members are only ever appended.
 *   - Memory has one owner. Each function says who that is, and until when.
 *   - "Loop" is the web server's own thread: nginx's event loop, or the Apache
 *     handler thread that holds the request. "Any" is any thread at all.
 *   - No exception and no longjmp crosses. A callee that fails returns a
 *     MODHOST_E_* code, or, where it returns void, logs.
 *   - block_alloc, block_free and exchange_release never call back into the app
 *     side: it calls them without leaving managed mode.
 *   - Times are milliseconds, sizes are bytes, text is UTF-8. Text that came
 *     from a client is raw bytes that nobody has checked.
 */

#ifndef MODHOST_ABI_H
#define MODHOST_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes when something below changes its meaning; appending keeps it. */
#define MODHOST_ABI_VERSION  1u

/* Version of the head blocks, in every block and in the daemon handshake. */
#define MODHOST_HEAD_VERSION  1u

/* The exported symbol of a NativeAOT application library. */
#define MODHOST_INITIALIZE_SYMBOL  "modhost_initialize"


/* ---- result codes ------------------------------------------------------ */

#define MODHOST_OK            0
#define MODHOST_E_VERSION    -1    /* ABI versions or table sizes differ      */
#define MODHOST_E_ARGUMENT   -2    /* an argument is outside what is allowed  */
#define MODHOST_E_MEMORY     -3    /* out of memory                           */
#define MODHOST_E_DETACHED   -4    /* the client or the request is gone       */
#define MODHOST_E_STATE      -5    /* not allowed now: after the end, twice   */
#define MODHOST_E_FAULT      -6    /* an exception; it has been logged        */
#define MODHOST_E_REFUSED    -7    /* stopping, or the app is unknown         */


/* ---- the head block ---------------------------------------------------- */

/*
 * A head block is contiguous, self-relative and little-endian: a fixed part,
 * tables of entries, then bytes. All offsets count from the block's first
 * byte. A slice of length 0 stands for "absent" and may have any offset. In
 * embedded mode a pointer to the block is passed; in daemon mode the same
 * bytes follow a frame header. The block is aligned to 8.
 */

typedef struct modhost_slice {
    uint32_t  offset;
    uint32_t  length;
} modhost_slice;

/* One header or trailer field. */
typedef struct modhost_field {
    uint16_t  known;          /* MODHOST_HEADER_*, or 0: the name is given    */
    uint16_t  name_length;    /* 0 where `known` is not 0                     */
    uint32_t  name_offset;
    uint32_t  value_offset;
    uint32_t  value_length;
} modhost_field;

/* One server variable (modhost_variable). */
typedef struct modhost_variable {
    modhost_slice  name;
    modhost_slice  value;
} modhost_variable;

/* modhost_request_head.flags */
#define MODHOST_REQUEST_BODY        0x0001u   /* a body follows               */
#define MODHOST_REQUEST_TLS         0x0002u   /* scheme is https              */
#define MODHOST_REQUEST_UPGRADABLE  0x0004u   /* client asked for an upgrade,
                                                 and the connection can do it */
#define MODHOST_REQUEST_EARLY_DATA  0x0008u   /* TLS 1.3 early data           */
#define MODHOST_REQUEST_CHUNKED     0x0010u   /* the body's length is unknown */

typedef struct modhost_request_head {
    uint32_t       size;              /* of the whole block                   */
    uint16_t       version;           /* MODHOST_HEAD_VERSION                 */
    uint16_t       fixed_size;        /* sizeof(modhost_request_head)         */
    uint32_t       flags;             /* MODHOST_REQUEST_*                    */
    uint16_t       method;            /* MODHOST_METHOD_*, or 0: method_name  */
    uint16_t       http_version;      /* 0x0100, 0x0101, 0x0200, 0x0300       */
    int64_t        content_length;    /* -1: none, or unknown                 */
    uint64_t       connection_id;     /* of the client's connection           */
    uint64_t       request_number;    /* on that connection, from 1           */
    uint16_t       remote_port;
    uint16_t       local_port;
    uint16_t       header_count;
    uint16_t       variable_count;
    uint32_t       headers_offset;    /* modhost_field[header_count]          */
    uint32_t       variables_offset;  /* modhost_variable[variable_count]     */
    modhost_slice  method_name;       /* where `method` is 0                  */
    modhost_slice  target;            /* as the client sent it                */
    modhost_slice  path_base;         /* decoded, begins with '/', or absent  */
    modhost_slice  path;              /* decoded as the web server did; '%2F'
                                         stays; begins with '/', or absent    */
    modhost_slice  query;             /* with its '?', or absent              */
    modhost_slice  remote_address;    /* text, as the web server sees it      */
    modhost_slice  local_address;     /* text                                 */
    modhost_slice  request_id;        /* one of the web server's, or absent:
                                         nginx makes none unless asked to     */
    modhost_slice  remote_user;       /* authenticated by the web server      */
    modhost_slice  auth_type;         /* "Basic", ...                         */
    modhost_slice  tls_protocol;      /* "TLSv1.3"                            */
    modhost_slice  tls_cipher;        /* OpenSSL's name                       */
    modhost_slice  tls_server_name;   /* SNI                                  */
    modhost_slice  tls_client_certificate;   /* DER or PEM                    */
} modhost_request_head;

/* modhost_response_head.flags */
#define MODHOST_RESPONSE_NO_BODY    0x0001u   /* 1xx, 204, 304, HEAD          */

/*
 * Head of a response. The same block with status 0 carries trailers, and with
 * status 100..199 an informational response.
 */
typedef struct modhost_response_head {
    uint32_t       size;
    uint16_t       version;
    uint16_t       fixed_size;
    uint32_t       flags;             /* MODHOST_RESPONSE_*                   */
    uint16_t       status;
    uint16_t       header_count;
    int64_t        content_length;    /* -1: unknown                          */
    uint32_t       headers_offset;    /* modhost_field[header_count]          */
    uint32_t       reserved;          /* 0                                    */
    modhost_slice  reason;            /* absent: the web server's own         */
} modhost_response_head;

/* modhost_request_head.method */
#define MODHOST_METHOD_OTHER    0
#define MODHOST_METHOD_GET      1
#define MODHOST_METHOD_HEAD     2
#define MODHOST_METHOD_POST     3
#define MODHOST_METHOD_PUT      4
#define MODHOST_METHOD_DELETE   5
#define MODHOST_METHOD_OPTIONS  6
#define MODHOST_METHOD_PATCH    7
#define MODHOST_METHOD_TRACE    8
#define MODHOST_METHOD_CONNECT  9

/*
 * Headers that travel as a number. X(number, SYMBOL, "Canonical-Name").
 * Numbers are never reused; 0 means that the name is given as text.
 */
#define MODHOST_KNOWN_HEADERS(X)                                              \
    X(1, ACCEPT, "Accept")                                                    \
    X(2, ACCEPT_CHARSET, "Accept-Charset")                                    \
    X(3, ACCEPT_ENCODING, "Accept-Encoding")                                  \
    X(4, ACCEPT_LANGUAGE, "Accept-Language")                                  \
    X(5, ACCEPT_RANGES, "Accept-Ranges")                                      \
    X(6, ACCESS_CONTROL_ALLOW_CREDENTIALS,                                    \
      "Access-Control-Allow-Credentials")                                     \
    X(7, ACCESS_CONTROL_ALLOW_HEADERS, "Access-Control-Allow-Headers")        \
    X(8, ACCESS_CONTROL_ALLOW_METHODS, "Access-Control-Allow-Methods")        \
    X(9, ACCESS_CONTROL_ALLOW_ORIGIN, "Access-Control-Allow-Origin")          \
    X(10, ACCESS_CONTROL_EXPOSE_HEADERS, "Access-Control-Expose-Headers")     \
    X(11, ACCESS_CONTROL_MAX_AGE, "Access-Control-Max-Age")                   \
    X(12, ACCESS_CONTROL_REQUEST_HEADERS, "Access-Control-Request-Headers")   \
    X(13, ACCESS_CONTROL_REQUEST_METHOD, "Access-Control-Request-Method")     \
    X(14, AGE, "Age")                                                         \
    X(15, ALLOW, "Allow")                                                     \
    X(16, ALT_SVC, "Alt-Svc")                                                 \
    X(17, AUTHORIZATION, "Authorization")                                     \
    X(18, CACHE_CONTROL, "Cache-Control")                                     \
    X(19, CONNECTION, "Connection")                                           \
    X(20, CONTENT_DISPOSITION, "Content-Disposition")                         \
    X(21, CONTENT_ENCODING, "Content-Encoding")                               \
    X(22, CONTENT_LANGUAGE, "Content-Language")                               \
    X(23, CONTENT_LENGTH, "Content-Length")                                   \
    X(24, CONTENT_LOCATION, "Content-Location")                               \
    X(25, CONTENT_RANGE, "Content-Range")                                     \
    X(26, CONTENT_SECURITY_POLICY, "Content-Security-Policy")                 \
    X(27, CONTENT_TYPE, "Content-Type")                                       \
    X(28, COOKIE, "Cookie")                                                   \
    X(29, DATE, "Date")                                                       \
    X(30, EARLY_DATA, "Early-Data")                                           \
    X(31, ETAG, "ETag")                                                       \
    X(32, EXPECT, "Expect")                                                   \
    X(33, EXPIRES, "Expires")                                                 \
    X(34, FORWARDED, "Forwarded")                                             \
    X(35, FROM, "From")                                                       \
    X(36, GRPC_ACCEPT_ENCODING, "Grpc-Accept-Encoding")                       \
    X(37, GRPC_ENCODING, "Grpc-Encoding")                                     \
    X(38, GRPC_MESSAGE, "Grpc-Message")                                       \
    X(39, GRPC_STATUS, "Grpc-Status")                                         \
    X(40, GRPC_TIMEOUT, "Grpc-Timeout")                                       \
    X(41, HOST, "Host")                                                       \
    X(42, IF_MATCH, "If-Match")                                               \
    X(43, IF_MODIFIED_SINCE, "If-Modified-Since")                             \
    X(44, IF_NONE_MATCH, "If-None-Match")                                     \
    X(45, IF_RANGE, "If-Range")                                               \
    X(46, IF_UNMODIFIED_SINCE, "If-Unmodified-Since")                         \
    X(47, KEEP_ALIVE, "Keep-Alive")                                           \
    X(48, LAST_MODIFIED, "Last-Modified")                                     \
    X(49, LINK, "Link")                                                       \
    X(50, LOCATION, "Location")                                               \
    X(51, MAX_FORWARDS, "Max-Forwards")                                       \
    X(52, ORIGIN, "Origin")                                                   \
    X(53, PRAGMA, "Pragma")                                                   \
    X(54, PROXY_AUTHENTICATE, "Proxy-Authenticate")                           \
    X(55, PROXY_AUTHORIZATION, "Proxy-Authorization")                         \
    X(56, RANGE, "Range")                                                     \
    X(57, REFERER, "Referer")                                                 \
    X(58, RETRY_AFTER, "Retry-After")                                         \
    X(59, SEC_FETCH_DEST, "Sec-Fetch-Dest")                                   \
    X(60, SEC_FETCH_MODE, "Sec-Fetch-Mode")                                   \
    X(61, SEC_FETCH_SITE, "Sec-Fetch-Site")                                   \
    X(62, SEC_WEBSOCKET_ACCEPT, "Sec-WebSocket-Accept")                       \
    X(63, SEC_WEBSOCKET_EXTENSIONS, "Sec-WebSocket-Extensions")               \
    X(64, SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key")                             \
    X(65, SEC_WEBSOCKET_PROTOCOL, "Sec-WebSocket-Protocol")                   \
    X(66, SEC_WEBSOCKET_VERSION, "Sec-WebSocket-Version")                     \
    X(67, SERVER, "Server")                                                   \
    X(68, SET_COOKIE, "Set-Cookie")                                           \
    X(69, STRICT_TRANSPORT_SECURITY, "Strict-Transport-Security")             \
    X(70, TE, "TE")                                                           \
    X(71, TRACEPARENT, "traceparent")                                         \
    X(72, TRACESTATE, "tracestate")                                           \
    X(73, TRAILER, "Trailer")                                                 \
    X(74, TRANSFER_ENCODING, "Transfer-Encoding")                             \
    X(75, UPGRADE, "Upgrade")                                                 \
    X(76, UPGRADE_INSECURE_REQUESTS, "Upgrade-Insecure-Requests")             \
    X(77, USER_AGENT, "User-Agent")                                           \
    X(78, VARY, "Vary")                                                       \
    X(79, VIA, "Via")                                                         \
    X(80, WARNING, "Warning")                                                 \
    X(81, WWW_AUTHENTICATE, "WWW-Authenticate")                               \
    X(82, X_ACCEL_BUFFERING, "X-Accel-Buffering")                             \
    X(83, X_ACCEL_REDIRECT, "X-Accel-Redirect")                               \
    X(84, X_CONTENT_TYPE_OPTIONS, "X-Content-Type-Options")                   \
    X(85, X_FORWARDED_FOR, "X-Forwarded-For")                                 \
    X(86, X_FORWARDED_HOST, "X-Forwarded-Host")                               \
    X(87, X_FORWARDED_PROTO, "X-Forwarded-Proto")                             \
    X(88, X_FRAME_OPTIONS, "X-Frame-Options")                                 \
    X(89, X_POWERED_BY, "X-Powered-By")                                       \
    X(90, X_REQUESTED_WITH, "X-Requested-With")

enum modhost_header {
    MODHOST_HEADER_OTHER = 0,
#define MODHOST_X(number, symbol, name)  MODHOST_HEADER_##symbol = number,
    MODHOST_KNOWN_HEADERS(MODHOST_X)
#undef MODHOST_X
    MODHOST_HEADER_COUNT              /* one past the highest number          */
};


/* ---- blocks and exchanges ---------------------------------------------- */

/*
 * A piece of response memory. It is native, never moves, and is sent from
 * where it is. The app side gets one from `block_alloc`, fills
 * [data, data + capacity), sets `length`, links several through `next`, and
 * gives the chain away with `exchange_send`; from then on it is the server's.
 */
typedef struct modhost_block {
    struct modhost_block  *next;
    uint8_t               *data;
    uint32_t               capacity;
    uint32_t               length;
} modhost_block;

/* modhost_exchange.flags, set by the server before exchange_begin */
#define MODHOST_EXCHANGE_INLINE  0x0001u   /* run the synchronous part on the
                                              thread of exchange_begin        */
#define MODHOST_EXCHANGE_DETAIL  0x0002u   /* modhost_detailed_errors         */

/*
 * One request and its response. The server owns the structure; it is counted
 * by both sides and reused after both have released it. The app side may read
 * it from exchange_begin until its own exchange_release, and may write only
 * `app_context` and the bytes of `response_head`.
 */
typedef struct modhost_exchange {
    const modhost_request_head  *head;       /* until exchange_release        */
    void                        *app_context;  /* the app side's own; NULL at
                                                  first use, then kept from one
                                                  use to the next; given back
                                                  by exchange_forget          */
    uint8_t                     *response_head;  /* room for a head block,
                                                    8-aligned                 */
    uint32_t                     response_head_capacity;
    uint32_t                     app;        /* modhost_app_config.app        */
    uint32_t                     flags;      /* MODHOST_EXCHANGE_*            */
    uint32_t                     send_window;  /* bytes that may be on their
                                                  way before exchange_sent    */
    int64_t                      max_request_body;  /* -1: the app's own      */
} modhost_exchange;

/* modhost_send.flags */
#define MODHOST_SEND_HEAD      0x0001u   /* `head` is a response head         */
#define MODHOST_SEND_END       0x0002u   /* nothing follows                   */
#define MODHOST_SEND_FLUSH     0x0004u   /* to the client without delay       */
#define MODHOST_SEND_TRAILERS  0x0008u   /* `trailers` is a block, with END   */
#define MODHOST_SEND_FILE      0x0010u   /* `file` follows the blocks         */
#define MODHOST_SEND_UPGRADE   0x0020u   /* with HEAD, status 101: from here
                                            on bytes go both ways             */
#define MODHOST_SEND_DEFER     0x0040u   /* the caller will call wake soon    */

typedef struct modhost_send {
    uint32_t       flags;              /* MODHOST_SEND_*                      */
    uint32_t       head_size;
    const void    *head;               /* response_head of the exchange, or
                                          other memory, which is copied       */
    modhost_block *blocks;             /* chain, or NULL; ownership passes,
                                          whatever the result                 */
    const void    *trailers;           /* copied                              */
    uint32_t       trailers_size;
    int32_t        file;               /* descriptor; duplicated              */
    int64_t        file_offset;
    int64_t        file_length;
} modhost_send;

/* Why an exchange ends before its time. */
#define MODHOST_RESET_CLIENT    1    /* the client is gone                    */
#define MODHOST_RESET_TIMEOUT   2    /* modhost_request_timeout               */
#define MODHOST_RESET_SHUTDOWN  3    /* the web server does not wait longer   */
#define MODHOST_RESET_APP       4    /* the app asked for it, or failed       */
#define MODHOST_RESET_BODY      5    /* the request body broke off, or its
                                        framing was wrong                     */
#define MODHOST_RESET_TOO_LARGE 6    /* the request body passed a limit       */


/* ---- applications ------------------------------------------------------ */

/* One application, as configured. Valid during app_start only. */
typedef struct modhost_app_config {
    uint32_t            size;             /* of this structure                */
    uint32_t            app;              /* number, from 0, of this process  */
    const char         *name;             /* for logs: the file's base name   */
    const char         *path;             /* the .dll or .so, absolute        */
    const char         *content_root;     /* absolute                         */
    const char         *state_directory;  /* 0700, or NULL                    */
    const char *const  *addresses;        /* "http://0.0.0.0:80", ...         */
    uint32_t            address_count;
    uint32_t            startup_timeout;
    uint32_t            shutdown_timeout;
    uint32_t            worker_index;     /* from 0                           */
    uint32_t            worker_count;
    uint32_t            flags;            /* MODHOST_APP_*                    */
    int64_t             max_request_body; /* -1: no limit                     */
} modhost_app_config;

#define MODHOST_APP_DETAILED_ERRORS  0x0001u
#define MODHOST_APP_ALONE            0x0002u  /* the only app of this process:
                                                 the working directory is its */

/* modhost_server_table.app_state */
#define MODHOST_APP_STARTING  0
#define MODHOST_APP_READY     1    /* the host has started                    */
#define MODHOST_APP_FAILED    2    /* it will not start; text says why        */
#define MODHOST_APP_STOPPING  3    /* the app itself asked to stop            */
#define MODHOST_APP_STOPPED   4    /* ApplicationStopped ran, Main is over */

/* As Microsoft.Extensions.Logging.LogLevel. */
#define MODHOST_LOG_TRACE     0
#define MODHOST_LOG_DEBUG     1
#define MODHOST_LOG_INFO      2
#define MODHOST_LOG_WARNING   3
#define MODHOST_LOG_ERROR     4
#define MODHOST_LOG_CRITICAL  5

/* `app` where a log line belongs to no application. */
#define MODHOST_NO_APP  0xffffffffu

/* Counters of one runtime. */
typedef struct modhost_runtime_stats {
    uint32_t  size;
    uint32_t  pool_threads;
    uint64_t  heap_bytes;              /* GC heap                             */
    uint64_t  committed_bytes;         /* GC committed                        */
    uint64_t  allocated_bytes;         /* since start, all threads            */
    uint64_t  pool_queue;              /* thread-pool items waiting           */
    uint64_t  collections[3];          /* by generation                       */
} modhost_runtime_stats;


/* ---- the tables -------------------------------------------------------- */

/* What the web server offers. The table lives as long as the process. */
typedef struct modhost_server_table {
    uint32_t  size;
    uint32_t  abi_version;

    /*
     * Any thread. A block of at least `capacity` bytes (0: the usual 4 KiB;
     * at most 1 MiB), or NULL. Cheap and never blocks.
     */
    modhost_block *(*block_alloc)(uint32_t capacity);

    /* Any thread. Gives back a chain that was not sent. */
    void (*block_free)(modhost_block *chain);

    /*
     * Any thread, one call at a time per exchange. Queues a piece of the
     * response; order is kept. The blocks pass to the server even if this
     * fails. E_DETACHED: the client is gone, go on as if it had been sent.
     * E_STATE: after END or a reset, or a head twice. E_ARGUMENT: the head
     * block is not well formed; the exchange is then reset by the server.
     */
    int32_t (*exchange_send)(modhost_exchange *exchange,
                             const modhost_send *send);

    /*
     * Any thread. The app is ready for `window` more bytes of request body
     * (or, after an upgrade, of incoming data). The first call also releases
     * "100 Continue".
     */
    void (*exchange_read)(modhost_exchange *exchange, uint32_t window);

    /*
     * Any thread. Ends the exchange without a complete response: the client
     * gets 500 (503 with RESET_SHUTDOWN) where no head was sent, else a
     * broken-off response.
     */
    void (*exchange_reset)(modhost_exchange *exchange, uint32_t reason);

    /*
     * Any thread. The app side's last call for this use of the exchange. A
     * body, sent or abort call that the loop had already begun may still
     * arrive; the app side ignores it. The next begin for this exchange comes
     * only after both sides have released it.
     */
    void (*exchange_release)(modhost_exchange *exchange);

    /* Any thread. Wakes the loop if sends were deferred. */
    void (*wake)(void);

    /*
     * Any thread. `code` is the MHnnnn number where one applies, `text` (may
     * be NULL) is copied.
     */
    void (*app_state)(uint32_t app, uint32_t state, uint32_t code,
                      const char *text, uint32_t text_length);

    /*
     * Any thread. One log line; newlines inside `text` are kept together as
     * one event. All text is copied.
     */
    void (*log)(uint32_t app, uint32_t level, const char *category,
                uint32_t category_length, const char *text,
                uint32_t text_length);
} modhost_server_table;

/* exchange_body flags */
#define MODHOST_BODY_END       0x0001u   /* the request body is complete     */
#define MODHOST_BODY_TRAILERS  0x0002u   /* with END: `data` is no body but a
                                            request head block, 8-aligned, of
                                            which the headers are trailers   */

/*
 * What the app side offers: one table for the CLR, one for each NativeAOT
 * library. Filled in by modhost_initialize.
 *
 * For one exchange the server makes its calls one at a time, in this order:
 * begin, then any of body, sent and abort (once). It may make them after the
 * app's last send, until the app releases.
 */
typedef struct modhost_app_table {
    uint32_t  size;
    uint32_t  abi_version;

    /*
     * Loop. Starts an application on a thread of its own and returns; what
     * becomes of it is told through app_state. Starts of one table run one
     * after the other.
     */
    int32_t (*app_start)(const modhost_app_config *config);

    /*
     * Loop. Asks an application to stop: ApplicationStopping fires, hosted
     * services stop, but the server goes on accepting exchanges until
     * app_drained. app_state(STOPPED) follows.
     */
    void (*app_stop)(uint32_t app);

    /* Loop. No exchange is in flight and none will come. */
    void (*app_drained)(uint32_t app);

    /*
     * Loop. `count` exchanges of one turn of the loop. The app side's share
     * of each begins here and ends with its exchange_release. Does not
     * block, except in app code under MODHOST_EXCHANGE_INLINE.
     */
    void (*exchange_begin)(modhost_exchange *const *exchanges,
                           uint32_t count);

    /*
     * Loop. Request-body (or upgraded) bytes, never more than the window
     * that exchange_read granted (trailers take none). `data` is valid during
     * the call only.
     */
    void (*exchange_body)(modhost_exchange *exchange, const uint8_t *data,
                          uint32_t length, uint32_t flags);

    /* Loop. `bytes` of the response have left for the client. */
    void (*exchange_sent)(modhost_exchange *exchange, uint32_t bytes);

    /*
     * Loop. Broken off: RequestAborted fires, reads fail, later sends
     * return E_DETACHED. `reason` is MODHOST_RESET_*.
     */
    void (*exchange_abort)(modhost_exchange *exchange, uint32_t reason);

    /*
     * Any thread, app side released. The exchange's memory is about to go
     * for good: drop what app_context holds.
     */
    void (*exchange_forget)(modhost_exchange *exchange);

    /* Loop or any. Fills in what fits in stats->size. */
    void (*runtime_stats)(modhost_runtime_stats *stats);
} modhost_app_table;

/*
 * Exported by a NativeAOT application library, and got by function pointer
 * from ModHost.Embedded. Called once per process, before any other function,
 * on the thread that later is the loop. Checks versions and sizes, keeps
 * `server` (which outlives it), fills in `app` (up to app->size).
 */
typedef int32_t (*modhost_initialize_function)(
    const modhost_server_table *server, modhost_app_table *app);


/* ---- layout checks ----------------------------------------------------- */

#ifndef __cplusplus
_Static_assert(sizeof(modhost_slice) == 8, "modhost_slice");
_Static_assert(sizeof(modhost_field) == 16, "modhost_field");
_Static_assert(sizeof(modhost_variable) == 16, "modhost_variable");
_Static_assert(sizeof(modhost_request_head) == 168, "modhost_request_head");
_Static_assert(sizeof(modhost_response_head) == 40, "modhost_response_head");
_Static_assert(sizeof(modhost_block) == 24, "modhost_block");
_Static_assert(sizeof(modhost_exchange) == 48, "modhost_exchange");
_Static_assert(sizeof(modhost_send) == 56, "modhost_send");
_Static_assert(sizeof(modhost_app_config) == 80, "modhost_app_config");
_Static_assert(sizeof(modhost_runtime_stats) == 64, "modhost_runtime_stats");
_Static_assert(sizeof(modhost_server_table) == 80, "modhost_server_table");
_Static_assert(sizeof(modhost_app_table) == 80, "modhost_app_table");
#endif

#ifdef __cplusplus
}
#endif

#endif /* MODHOST_ABI_H */
