using static ModHost.IntegrationTests.Differential.Message;

namespace ModHost.IntegrationTests.Differential;

/// <summary>Request lines: targets, methods, versions, hosts. What no endpoint matches is answered by the dump.</summary>
internal static class PathCases
{
    public static IEnumerable<Case> All() => [.. Targets(), .. RequestLines()];

    private static IEnumerable<Case> Targets()
    {
        foreach (var target in (string[])[
            "/", "/dump", "/dump/", "/dump/a/b/c", "/dump/%20space", "/dump/a%2Fb", "/dump/a%2fb", "/dump/%41%42", "/dump/%C3%A4",
            "/dump/%E2%82%AC", "/dump/%F0%9F%98%80", "/dump/a+b", "/dump/a%2Bb", "/dump/%25", "/dump/%2525", "/dump/%252F", "/dump/a;b=c",
            "/dump/~user", "/dump/a:b@c", "/dump/(x)!$&'*,=", "/dump/%7E", "/dump/%3F", "/dump/%23", "/dump/[x]", "/dump/%5Bx%5D",
            "/dump/a|b", "/dump/a%7Cb", "/dump/a\\b", "/dump/a%5Cb", "/dump/x%01y", "/dump/x%7Fy", "/dump/x%0Ay", "/dump/x%09y", "/dump/%22",
            "/dump?", "/dump?a", "/dump?a=1", "/dump?a=1&a=2", "/dump?a=%20b", "/dump?%C3%A4=%E2%82%AC", "/dump?a=1?b=2", "/dump?a=%00",
            "/dump?a=%", "/dump?x=a%2Fb&y=/../z", "/dump?a=b+c", "/dump?;a=b", "/dump?a=1#fragment", "/dump?\"x\"",
            "/dump//a", "//dump", "/dump///a//", "/dump/./a", "/dump/../a", "/dump/a/..", "/dump/a/.", "/dump/a/../b/./c", "/../a", "/dump/a/../../..",
            "/dump/%2e%2e/a", "/dump/%2E/a", "/dump/a%2F..%2Fb", "/dump/..%2Fa", "/dump/...", "/dump/.a", "/dump/a.", "/dump/..a",
            "/dump/%00", "/dump/a%00b", "/dump/%", "/dump/%4", "/dump/%zz", "/dump/%u0041", "/dump/%C3%28", "/dump/%FF", "/dump/%C0%AF", "/dump/%ED%A0%80",
            "/dump/\u00e4", "/dump/a b"])
        {
            yield return new($"path: {target}", [Get(target)]);
        }

        yield return new("path: absolute form", [Get("http://probe.test/dump/absolute?x=1")]);
        yield return new("path: absolute form, other host", [Get("http://other.test/dump")]);
        yield return new("path: absolute form without a path", [Get("http://probe.test")]);
        yield return new("path: absolute form, https", [Get("https://probe.test/dump")]);
        yield return new("path: absolute form, upper case", [Get("HTTP://PROBE.TEST/dump")]);
        yield return new("path: OPTIONS *", [With("OPTIONS", "*")]);
        yield return new("path: GET *", [Get("*")]);
        yield return new("path: CONNECT", [With("CONNECT", "probe.test:80")]);
        yield return new("path: no slash", [Get("dump")]);
        yield return new("path: 2 KB", [Get("/dump/" + new string('p', 2000))]);
        yield return new("path: 4 KB of query", [Get("/dump?q=" + new string('q', 4000))]);
        yield return new("path: over 8 KB", [Get("/dump/" + new string('p', 9000))]);
    }

    private static IEnumerable<Case> RequestLines()
    {
        foreach (var method in (string[])["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "CUSTOM", "get", "X-METHOD", "A_B"])
        {
            yield return new($"method: {method}", [With(method, "/dump")]);
        }

        yield return new("line: HTTP/1.0 without a host", [Raw("GET /dump HTTP/1.0\r\n\r\n")]);
        yield return new("line: HTTP/1.1 without a host", [Raw("GET /dump HTTP/1.1\r\n\r\n")]);
        yield return new("line: two hosts", [Raw("GET /dump HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]);
        yield return new("line: empty host", [Raw("GET /dump HTTP/1.1\r\nHost:\r\n\r\n")]);
        yield return new("line: host with a port", [Raw("GET /dump HTTP/1.1\r\nHost: probe.test:8080\r\n\r\n")]);
        yield return new("line: host in upper case", [Raw("GET /dump HTTP/1.1\r\nHost: PROBE.test\r\n\r\n")]);
        yield return new("line: IPv6 host", [Raw("GET /dump HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")]);
        yield return new("line: bad host", [Raw("GET /dump HTTP/1.1\r\nHost: a b\r\n\r\n")]);
        yield return new("line: host with a slash", [Raw("GET /dump HTTP/1.1\r\nHost: a/b\r\n\r\n")]);
        yield return new("line: HTTP/1.2", [With("GET", "/dump", version: "HTTP/1.2")]);
        yield return new("line: HTTP/2.0", [With("GET", "/dump", version: "HTTP/2.0")]);
        yield return new("line: lower-case protocol", [With("GET", "/dump", version: "http/1.1")]);
        yield return new("line: nonsense", [Raw("nonsense\r\n\r\n")]);
        yield return new("line: empty line first", [Raw("\r\n" + Get("/dump").Bytes)]);
        yield return new("line: bare LF", [Raw("GET /dump HTTP/1.1\nHost: probe.test\n\n")]);
        yield return new("line: in many sends", [Get("/dump?x=1", "X-One: 1\r\nX-Two: 2\r\n") with { Pieces = 40 }]);
        yield return new("line: pipelined requests", [Raw(Get("/dump?1").Bytes + Get("/dump?2").Bytes + Get("/dump?3").Bytes), Raw(""), Raw("")]);
    }
}
