using static ModHost.IntegrationTests.Differential.Message;

namespace ModHost.IntegrationTests.Differential;

/// <summary>Headers, status lines and the features around them.</summary>
internal static class HeaderCases
{
    public static IEnumerable<Case> All() => [.. Requests(), .. Responses(), .. Statuses(), .. Features()];

    private static IEnumerable<Case> Requests()
    {
        foreach (var (name, headers) in (ValueTuple<string, string>[])[
            ("simple", "X-Simple: value\r\n"), ("empty value", "X-Empty:\r\n"), ("spaces around", "X-Space:   value  \r\n"),
            ("tab inside", "X-Tab: a\tb\r\n"), ("repeated", "X-Twice: 1\r\nX-Twice: 2\r\n"), ("comma", "X-Comma: a, b,c\r\n"),
            ("case of names", "x-LOWER-upper: 1\r\n"), ("UTF-8", "X-Utf8: \u00c3\u00a4\r\n"), ("Latin-1", "X-Latin: \u00e4\r\n"),
            ("invalid UTF-8", "X-Bad: \u00c3(\r\n"), ("underscore", "X_Under: 1\r\n"), ("dot", "X.Dot: 1\r\n"), ("quotes", "X-Quote: \"a\"\r\n"),
            ("many known ones", "Accept: */*\r\nAccept-Encoding: gzip\r\nAccept-Language: de\r\nUser-Agent: test\r\nReferer: http://x/\r\nOrigin: http://x\r\nCache-Control: no-cache\r\nPragma: no-cache\r\nIf-None-Match: \"x\"\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\nRange: bytes=0-1\r\nAuthorization: Basic YTpi\r\nVia: 1.1 x\r\nTE: trailers\r\nUpgrade-Insecure-Requests: 1\r\nDNT: 1\r\n"),
            ("known, repeated", "Accept: a\r\nAccept: b\r\nCache-Control: x\r\nCache-Control: y\r\n"),
            ("cookies", "Cookie: a=1; b=2\r\n"), ("two cookie headers", "Cookie: a=1\r\nCookie: b=2\r\n"), ("odd cookies", "Cookie: a; =b; c=\"d\"; e=%20\r\n"),
            ("forwarded, not believed", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.2.3.4;proto=https\r\n"),
            ("trace context", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\n"),
            ("method override", "X-HTTP-Method-Override: DELETE\r\n"), ("early data by the client", "Early-Data: 1\r\n"),
            ("content type", "Content-Type: text/plain; charset=utf-8\r\n"), ("connection with names", "Connection: X-Hop\r\nX-Hop: 1\r\n"),
            ("keep-alive", "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n"), ("proxy", "Proxy: evil\r\nProxy-Authorization: Basic x\r\n"),
            ("sixty", string.Concat(Enumerable.Range(0, 60).Select(i => $"X-Many-{i}: {i}\r\n"))),
            ("hundred and ten", string.Concat(Enumerable.Range(0, 110).Select(i => $"X-Many-{i}: {i}\r\n"))),
            ("7 KB value", $"X-Big: {new string('b', 7000)}\r\n"), ("30 KB in all", string.Concat(Enumerable.Range(0, 30).Select(i => $"X-Big-{i}: {new string('b', 1000)}\r\n"))),
            ("40 KB in all", string.Concat(Enumerable.Range(0, 40).Select(i => $"X-Big-{i}: {new string('b', 1000)}\r\n"))),
            ("space before the colon", "X-Bad : 1\r\n"), ("no colon", "X-Bad\r\n"), ("empty name", ": x\r\n"), ("space in the name", "X Bad: 1\r\n"),
            ("folded", "X-Fold: a\r\n b\r\n"), ("NUL", "X-Nul: a\0b\r\n"), ("bare CR", "X-Cr: a\rb\r\n"), ("control character", "X-Ctl: a\u0001b\r\n"),
            ("delete character", "X-Del: a\u007fb\r\n"), ("bad Content-Length", "Content-Length: x\r\n"), ("negative Content-Length", "Content-Length: -1\r\n"),
            ("plus Content-Length", "Content-Length: +1\r\n"), ("two Content-Lengths", "Content-Length: 0\r\nContent-Length: 0\r\n"),
            ("Content-Length list", "Content-Length: 0, 0\r\n"), ("huge Content-Length", "Content-Length: 99999999999999999999\r\n"),
            ("unknown expectation", "Expect: something\r\n"), ("upgrade offered", "Connection: upgrade\r\nUpgrade: h2c\r\n")])
        {
            yield return new($"request header: {name}", [Get("/dump", headers)]);
        }
    }

    private static IEnumerable<Case> Responses()
    {
        foreach (var (name, query) in (ValueTuple<string, string>[])[
            ("custom", "h=X-Custom:value"), ("repeated", "h=X-A:1&h=X-A:2"), ("empty", "h=X-Empty:"), ("content type", "h=Content-Type:text/x-test"),
            ("location", "h=Location:/elsewhere"), ("cache", "h=Cache-Control:no-store&h=Expires:0&h=Pragma:no-cache"), ("etag", "h=ETag:%22x%22"),
            ("last modified", "h=Last-Modified:Thu,%2001%20Jan%201970%2000:00:00%20GMT"), ("vary", "h=Vary:Accept&h=Vary:Cookie"),
            ("link", "h=Link:%3C/x%3E;rel=preload"), ("www-authenticate", "status=401&h=WWW-Authenticate:Basic%20realm=x&h=WWW-Authenticate:Bearer"),
            ("allow", "status=405&h=Allow:GET,%20PUT"), ("retry-after", "status=503&h=Retry-After:5"), ("content encoding", "h=Content-Encoding:gzip"),
            ("content range", "status=206&h=Content-Range:bytes%200-3/10"), ("accept ranges", "h=Accept-Ranges:bytes"), ("upgrade", "status=426&h=Upgrade:TLS/1.0"),
            ("date of the app", "h=Date:Thu,%2001%20Jan%201970%2000:00:00%20GMT"), ("server of the app", "h=Server:mine"),
            ("transfer-encoding of the app", "h=Transfer-Encoding:gzip"), ("content-length of the app", "length=4"), ("long", "h=X-Long:" + new string('l', 4000)),
            ("trailing space", "h=X-Space:%20a%20"), ("x-accel-expires", "h=X-Accel-Expires:1"), ("alt-svc", "h=Alt-Svc:clear"), ("keep-alive", "h=Keep-Alive:timeout=99")])
        {
            yield return new($"response header: {name}", [Get($"/respond?{query}&body=body")]);
        }

        yield return new("response header: append, cookies", [Get("/headers/append")]);
        yield return new("response header: removed, null, empty", [Get("/headers/removed")]);
        yield return new("response header: OnStarting order", [Get("/headers/on-starting")]);
        yield return new("response header: many", [Get("/headers/many?n=100")]);
        yield return new("response header: 20 KB", [Get("/headers/size?n=20000")]);
        yield return new("response header: OnCompleted order", [Get("/on-completed?key={key}")]) { CompareNote = true };
        yield return new("response header: redirect", [Get("/redirect?to=/x%3Fy=1")]);
        yield return new("response header: permanent redirect", [Get("/redirect?to=http://elsewhere/&permanent")]);
        yield return new("response header: trailers on HTTP/1.1", [Get("/trailers")]);
        yield return new("response header: trailers supported", [Get("/trailers/supported")]);
    }

    private static IEnumerable<Case> Statuses()
    {
        foreach (var status in (int[])[200, 201, 202, 203, 207, 226, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 416, 418, 421, 422, 429, 431, 444, 451, 494, 495, 499, 500, 501, 502, 503, 504, 511, 599, 600, 999])
        {
            yield return new($"status: {status}", [Get($"/respond?status={status}&body=body"), Get("/empty")]);
        }

        yield return new("status: 404 without a body", [Get("/respond?status=404")]);
        yield return new("status: 500 without a body", [Get("/respond?status=500")]);
        yield return new("status: reason of the app", [Get("/respond?status=200&reason=Very%20Fine")]) { CompareReason = true };
        yield return new("status: reason for an unknown status", [Get("/respond?status=799&reason=Unheard%20Of&body=x")]) { CompareReason = true };
        yield return new("status: reason on an error", [Get("/respond?status=404&reason=Lost")]) { CompareReason = true };
    }

    private static IEnumerable<Case> Features()
    {
        yield return new("feature: settable", [Get("/features/settable")]);
        yield return new("feature: request rewritten", [Get("/features/request-set", "X-Remove: 1\r\n")]);
        yield return new("feature: server variable absent", [Get("/features/variable?name=nothing")]);
        yield return new("feature: user anonymous", [Get("/features/user")]);
        yield return new("feature: no reset on HTTP/1.1", [Get("/reset")]);
        yield return new("feature: no TLS", [Get("/features/tls")]);
        yield return new("isolation: context reuse", [Get("/isolation/context"), Get("/isolation/context"), Post("/isolation/context", "x"), Get("/isolation/context")]);
        yield return new("isolation: AsyncLocal", [Get("/isolation/async-local?set=one"), Get("/isolation/async-local?set=two"), Get("/isolation/async-local?set=x&yield"), Get("/isolation/async-local")]);
        yield return new("isolation: culture", [Get("/isolation/culture?set=de-DE"), Get("/isolation/culture?set=fr-FR")]);
        yield return new("isolation: synchronization context", [Get("/isolation/synchronization-context")]);
        yield return new("upgrade: possible without an offer", [Get("/upgrade/possible")]);
        yield return new("upgrade: refused without an offer", [Get("/upgrade/refused")]);
        yield return new("upgrade: possible with an offer", [Get("/upgrade/possible", "Connection: Upgrade\r\nUpgrade: x\r\n")]);
        yield return new("upgrade: offered on HTTP/1.0", [With("GET", "/upgrade/possible", "Connection: Upgrade\r\nUpgrade: x\r\n", "HTTP/1.0")]);
        yield return new("upgrade: WebSocket without an offer", [Get("/ws")]);
    }
}
