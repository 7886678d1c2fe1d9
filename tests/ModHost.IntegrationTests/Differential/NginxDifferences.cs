namespace ModHost.IntegrationTests.Differential;

/// <summary>What differs behind nginx.</summary>
internal static class NginxDifferences
{
    private const string Page = "<center>nginx";

    public static IEnumerable<(string Name, Difference Difference)> All() => [.. Refusals(), .. Paths(), .. Requests(), .. Responses()];

    private static IEnumerable<(string Name, Difference Difference)> Refusals()
    {
        const string refused = "Requests that nginx refuses";
        foreach (var name in (string[])["chunked: bad size", "chunked: data longer than the chunk", "chunked: negative size",
            "line: HTTP/1.1 without a host", "line: bad host", "line: host with a slash", "line: nonsense", "line: two hosts",
            "path: /dump/%00", "path: /dump/a b", "path: /dump/a%00b", "path: CONNECT", "request header: Content-Length list",
            "request header: NUL", "request header: bad Content-Length", "request header: bare CR", "request header: empty name",
            "request header: folded", "request header: huge Content-Length", "request header: negative Content-Length",
            "request header: space before the colon", "request header: space in the name", "request header: two Content-Lengths"])
        {
            yield return Of(refused, name, [400], [400], Page);
        }

        foreach (var name in (string[])["line: empty host", "method: get", "path: /../a", "path: /dump/%", "path: /dump/%4",
            "path: /dump/%u0041", "path: /dump/%zz", "path: /dump/a/../../..", "path: OPTIONS *", "request header: plus Content-Length",
            "chunked: with Content-Length"])
        {
            yield return Of(refused, name, [200], [400], Page);
        }

        yield return Of(refused, "chunked: huge size", [500], [400], Page);
        yield return Of(refused, "chunked: other coding", [400], [501], Page);
        yield return Of(refused, "line: HTTP/2.0", [505], [505], Page);
        yield return Of(refused, "line: lower-case protocol", [505], [400], Page);
        yield return Of(refused, "method: TRACE", [200], [405], Page);
        yield return Of(refused, "path: GET *", [405], [400], Page);
        yield return Of(refused, "path: no slash", [405], [400], Page);
        yield return Of(refused, "path: over 8 KB", [414], [414], Page);
        yield return Of(refused, "request header: 40 KB in all", [431], [400], Page);
    }

    private static IEnumerable<(string Name, Difference Difference)> Paths()
    {
        const string normalised = "Paths are what the web server made of them";
        yield return Of(normalised, "path: //dump", [200], [200], "\"path\": \"/dump\"");
        yield return Of(normalised, "path: /dump//a", [200], [200], "\"path\": \"/dump/a\"");
        yield return Of(normalised, "path: /dump///a//", [200], [200], "\"path\": \"/dump/a/\"");
        yield return Of(normalised, "path: /dump/..%2Fa", [200], [200], "\"path\": \"/a\"");
        yield return Of(normalised, "path: /dump/a%2F..%2Fb", [200], [200], "\"path\": \"/dump/b\"");
        yield return Of(normalised, "path: /dump/%252F", [200], [200], "\"path\": \"/dump/%252F\"");
        yield return Of(normalised, "path: /dump?a=1#fragment", [200], [200], "\"query\": \"?a=1\"");
    }

    private static IEnumerable<(string Name, Difference Difference)> Requests()
    {
        const string accepted = "Requests that nginx accepts";
        yield return Of(accepted, "line: HTTP/1.2", [505], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "path: /dump/\u00e4", [400], [200], "\"rawTarget\"");
        yield return Of(accepted, "path: absolute form, other host", [400], [200], "\"host\": \"other.test\"");
        yield return Of(accepted, "path: absolute form, upper case", [400], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "request header: no colon", [400], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "request header: hundred and ten", [431], [200], "X-Many-109");

        const string dropped = "Header names that nginx drops";
        yield return Of(dropped, "request header: dot", [200], [200], "\"headers\"");
        yield return Of(dropped, "request header: underscore", [200], [200], "\"headers\"");

        yield return Of("Header values are as the client sent them", "request header: upgrade offered", [200], [200], "\"upgrade\"");
        yield return Of("No upgrade on HTTP/1.0", "upgrade: offered on HTTP/1.0", [200], [200], "False");
        yield return Of("No request trailers", "body: request trailers", [200], [200], "200\ncontent-type: text/plain");
        yield return Of("100 Continue although the body is there", "body: expect 100-continue, read", [200], [200], "100 Continue");

        const string unread = "A body that the app did not read closes the connection";
        yield return Of(unread, "body: consume part, then next request", [200, 200], [200, 0], "closed without a response");
        yield return Of(unread, "body: large and never read, then next", [200, 200], [200, 0], "closed without a response");
    }

    private static IEnumerable<(string Name, Difference Difference)> Responses()
    {
        const string aborted = "Abort before the head gives 500";
        yield return Of(aborted, "fault: /abort", [0], [500, 0], Page);
        yield return Of(aborted, "fault: /abort, HEAD", [0], [500, 0], "500");
        yield return Of(aborted, "fault: token fires on abort", [0], [500], "note: fired");
        yield return Of(aborted, "fault: write after abort", [0], [500], "note: no exception");

        const string open = "BadHttpRequestException of the app keeps the connection";
        yield return Of(open, "fault: /throw/bad-request", [418, 0], [418, 200], "418");
        yield return Of(open, "fault: /throw/bad-request, HEAD", [418, 0], [418, 200], "418");

        yield return Of("A response longer than its Content-Length gives 500", "misuse: Content-Length 5, written 10", [200], [500], Page);
        yield return Of("Line breaks in a reason phrase", "misuse: reason with a newline", [200], [500], "");

        const string range = "Status codes end at 599";
        yield return Of(range, "status: 600", [600, 200], [500, 200], "500");
        yield return Of(range, "status: 999", [999, 200], [500, 200], "500");
        yield return Of(range, "status: reason for an unknown status", [799], [500], "500");

        yield return Of("Texts of exceptions", "misuse: negative length", [200], [200], "ArgumentOutOfRangeException: Content-Length may not be less than zero.");
    }

    private static (string Name, Difference Difference) Of(string section, string name, int[] kestrel, int[] modhost, string contains) =>
        (name, new Difference(section, kestrel, modhost, contains));
}
