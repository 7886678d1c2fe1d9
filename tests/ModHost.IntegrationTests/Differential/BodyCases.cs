using static ModHost.IntegrationTests.Differential.Message;

namespace ModHost.IntegrationTests.Differential;

/// <summary>Request and response bodies.</summary>
internal static class BodyCases
{
    private static readonly string s_long = new('x', 100_000);

    public static IEnumerable<Case> All() => [.. Echoes(), .. Reads(), .. Limits(), .. Chunks(), .. Responses(), .. Streams()];

    private static IEnumerable<Case> Echoes()
    {
        foreach (var path in (string[])["/echo", "/echo/buffered", "/echo/sync", "/echo/pipe", "/echo/twice", "/echo/chars"])
        {
            yield return new($"body: {path} small", [Post(path, "hello")]);
            yield return new($"body: {path} empty", [Post(path, "")]);
            yield return new($"body: {path} chunked", [Chunked(path, ["hello", " ", "world"])]);
            yield return new($"body: {path} 100 KB", [Post(path, s_long)]);
            yield return new($"body: {path} no body", [Get(path)]);
        }

        yield return new("body: echo in many sends", [Post("/echo", s_long) with { Pieces = 50 }]);
        yield return new("body: echo with one-byte reads", [Post("/echo?size=1", "0123456789")]);
        yield return new("body: echo chunked in many sends", [Chunked("/echo", Enumerable.Repeat("0123456789", 200)) with { Pieces = 97 }]);
        yield return new("body: echo twice on one connection", [Post("/echo", "one"), Post("/echo", "two"), Get("/empty")]);
        yield return new("body: echo of every byte", [Post("/echo", string.Concat(Enumerable.Range(0, 256).Select(i => (char)i)))]);
    }

    private static IEnumerable<Case> Reads()
    {
        yield return new("body: length and hash", [Post("/body/length", s_long)]);
        yield return new("body: consume part, then next request", [Post("/body/part?n=10", s_long), Get("/empty")]);
        yield return new("body: consume part of chunked, then next", [Chunked("/body/part?n=3", ["hello", "world"]), Get("/empty")]);
        yield return new("body: never read, then next request", [Post("/body/ignore", "small"), Get("/empty")]);
        yield return new("body: large and never read, then next", [Post("/body/ignore", s_long), Get("/empty")]);
        yield return new("body: read after the end", [Post("/body/read-after-end", "abc")]);
        yield return new("body: zero-byte read", [Post("/body/zero-byte-read", "abc")]);
        yield return new("body: peek", [Post("/body/peek", "0123456789")]);
        yield return new("body: form", [Post("/body/form", "a=1&b=two%20words&a=3", "Content-Type: application/x-www-form-urlencoded\r\n")]);
        yield return new("body: multipart", [Post("/body/form",
            "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\nfile\r\n--B\r\n"
            + "Content-Disposition: form-data; name=\"v\"\r\n\r\nvalue\r\n--B--\r\n", "Content-Type: multipart/form-data; boundary=B\r\n")]);
        foreach (var method in (string[])["GET", "HEAD", "DELETE", "OPTIONS", "POST"])
        {
            yield return new($"body: can have, {method} without", [With(method, "/body/can-have", method == "POST" ? "Content-Length: 0\r\n" : "")]);
            yield return new($"body: can have, {method} with", [With(method, "/body/can-have", "Content-Length: 1\r\n") switch { var r => r with { Bytes = r.Bytes + "x" } }]);
        }

        yield return new("body: GET with a body", [With("GET", "/echo/buffered", "Content-Length: 3\r\n") switch { var r => r with { Bytes = r.Bytes + "abc" } }]);
        yield return new("body: expect 100-continue, read", [Post("/echo/buffered", "hello", "Expect: 100-continue\r\n")]);
        yield return new("body: sync read refused", [Post("/sync/read-refused", "abc")]);
        yield return new("body: sync write refused", [Get("/sync/write-refused")]);
        yield return new("body: sync flush refused", [Get("/sync/flush-refused")]);
        yield return new("body: request trailers", [Chunked("/body/trailers", ["abc"], trailers: "X-T: 1\r\n")]);
        yield return new("body: no request trailers", [Post("/body/trailers", "abc")]);
    }

    private static IEnumerable<Case> Limits()
    {
        yield return new("limit: body at the limit", [Post("/features/max-body?limit=5", "12345")]);
        yield return new("limit: body over the limit", [Post("/features/max-body?limit=5", "123456")]);
        yield return new("limit: over, unhandled", [Post("/features/max-body?limit=5&throw", "123456")]);
        yield return new("limit: chunked over the limit", [Chunked("/features/max-body?limit=5", ["123", "456"])]);
        yield return new("limit: chunked over, unhandled", [Chunked("/features/max-body?limit=5&throw", ["123", "456"])]);
        yield return new("limit: none", [Post("/features/max-body", s_long)]);
        yield return new("limit: zero", [Post("/features/max-body?limit=0", "1")]);
        yield return new("limit: negative", [Post("/features/max-body?limit=-1", "1")]);
        yield return new("limit: default", [Get("/features/max-body-default")]);
        yield return new("limit: declared over the default", [With("POST", "/body/length", "Content-Length: 30000001\r\n")]);
        yield return new("limit: set after reading", [Post("/misuse/max-size-after-read", "abc")]);
    }

    private static IEnumerable<Case> Chunks()
    {
        const string head = "POST /body/length HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: chunked\r\n\r\n";
        yield return new("chunked: one byte each", [Chunked("/body/length", Enumerable.Repeat("x", 100))]);
        yield return new("chunked: extensions", [Raw(head + "3;name=value\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: quoted extensions", [Raw(head + "3;name=\"va lue\"\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: upper-case size", [Raw(head + "A\r\n0123456789\r\n0\r\n\r\n")]);
        yield return new("chunked: leading zeros", [Raw(head + "0003\r\nabc\r\n000\r\n\r\n")]);
        yield return new("chunked: bad size", [Raw(head + "zz\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: negative size", [Raw(head + "-3\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: data longer than the chunk", [Raw(head + "3\r\nabcd\r\n0\r\n\r\n")]);
        yield return new("chunked: huge size", [Raw(head + "fffffffffffffffffff\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: with Content-Length", [Raw("POST /body/length HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]);
        yield return new("chunked: other coding", [Raw("POST /body/length HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: gzip\r\n\r\n")]);
        yield return new("chunked: upper-case name", [Raw("POST /body/length HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]);
    }

    private static IEnumerable<Case> Responses()
    {
        yield return new("response: nothing written", [Get("/empty"), Get("/empty")]);
        yield return new("response: unflushed pipe", [Get("/pipe/unflushed")]);
        yield return new("response: pipe and stream mixed", [Get("/pipe/mixed")]);
        yield return new("response: span without advance", [Get("/pipe/no-write")]);
        yield return new("response: pipe completed by the app", [Get("/pipe/complete"), Get("/empty")]);
        yield return new("response: large span", [Get("/pipe/large-span")]);
        yield return new("response: large write", [Get("/stream/large-write?n=1000000")]);
        yield return new("response: CompleteAsync", [Get("/complete-async"), Get("/empty")]);
        yield return new("response: StartAsync", [Get("/start-async")]);
        yield return new("response: replaced body stream", [Get("/features/replaced-body")]);
        foreach (var (path, name) in (ValueTuple<string, string>[])[("/stream", "stream"), ("/bytes?n=5", "length"), ("/empty", "empty"),
            ("/respond?length=10", "declared length"), ("/pipe/unflushed", "pipe"), ("/bytes?n=100000", "large")])
        {
            yield return new($"response: HEAD {name}", [With("HEAD", path), Get("/empty")]);
        }

        foreach (var status in (int[])[204, 205, 304])
        {
            yield return new($"response: {status}", [Get($"/respond?status={status}"), Get("/empty")]);
            yield return new($"response: {status} with a write", [Get($"/misuse/write-no-body?status={status}&key={{key}}")]) { CompareNote = true };
        }

        yield return new("response: 304 with headers", [Get("/respond?status=304&h=ETag:%22a%22&h=Cache-Control:max-age=1")]);
        yield return new("response: HTTP/1.0", [With("GET", "/bytes?n=5", version: "HTTP/1.0")]);
        yield return new("response: HTTP/1.0 stream", [With("GET", "/stream", version: "HTTP/1.0")]);
        yield return new("response: HTTP/1.0 keep-alive", [With("GET", "/bytes?n=5", "Connection: keep-alive\r\n", "HTTP/1.0"), Get("/empty")]);
        yield return new("response: Connection close by the app", [Get("/respond?h=Connection:close&body=x")]);
    }

    private static IEnumerable<Case> Streams()
    {
        yield return new("stream: three chunks", [Get("/stream"), Get("/empty")]);
        yield return new("stream: many chunks", [Get("/stream?count=500&size=100")]);
        yield return new("stream: with a length", [Get("/bytes?n=300000")]);
        yield return new("stream: without a length", [Get("/bytes?n=300000&chunked=1")]);
        yield return new("stream: server-sent events", [Get("/sse")]);
        yield return new("stream: a hundred MB would be too slow here: ten", [Get("/bytes?n=10000000")]);
        yield return new("stream: pipelined", [Raw(Get("/bytes?n=10").Bytes + Get("/bytes?n=20").Bytes), Raw("")]);
        yield return new("stream: full duplex steps", [Chunked("/step", ["one\n", "two\n", "three\n"])]);
    }
}
