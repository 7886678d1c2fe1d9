namespace ModHost.IntegrationTests.Differential;

/// <summary>What differs behind Apache.</summary>
internal static class ApacheDifferences
{
    private const string Page = "<!DOCTYPE HTML PUBLIC";

    public static IEnumerable<(string Name, Difference Difference)> All() =>
        [.. Refusals(), .. Paths(), .. Requests(), .. Closing(), .. Responses()];

    private static IEnumerable<(string Name, Difference Difference)> Refusals()
    {
        const string refused = "Requests that Apache refuses";
        foreach (var name in (string[])["chunked: bad size", "chunked: data longer than the chunk", "chunked: negative size", "chunked: other coding",
            "line: HTTP/1.1 without a host", "line: bad host", "line: host with a slash", "line: nonsense", "line: two hosts", "path: /dump/a b",
            "request header: Content-Length list", "request header: NUL", "request header: bad Content-Length", "request header: bare CR",
            "request header: empty name", "request header: huge Content-Length", "request header: negative Content-Length", "request header: no colon",
            "request header: space before the colon", "request header: space in the name", "request header: two Content-Lengths"])
        {
            yield return Of(refused, name, [400], [400], Page);
        }

        foreach (var name in (string[])["line: bare LF", "line: empty host", "path: /../a", "path: /dump/%", "path: /dump/%4", "path: /dump/%u0041",
            "path: /dump/%zz", "path: /dump/a/../../..", "path: /dump?a=1#fragment", "request header: control character",
            "request header: delete character", "request header: plus Content-Length"])
        {
            yield return Of(refused, name, [200], [400], Page);
        }

        yield return Of(refused, "chunked: huge size", [500], [413], Page);
        yield return Of(refused, "line: lower-case protocol", [505], [400], Page);
        yield return Of(refused, "path: /dump/%00", [400], [404], Page);
        yield return Of(refused, "path: /dump/a%00b", [400], [404], Page);
        yield return Of(refused, "path: CONNECT", [400], [405], Page);
        yield return Of(refused, "path: GET *", [405], [400], Page);
        yield return Of(refused, "path: OPTIONS *", [200], [200], "200");
        yield return Of(refused, "path: no slash", [405], [400], Page);
        yield return Of(refused, "path: over 8 KB", [414], [414], Page);
        yield return Of(refused, "request header: unknown expectation", [200], [417], Page);
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
    }

    private static IEnumerable<(string Name, Difference Difference)> Requests()
    {
        const string accepted = "Requests that Apache accepts";
        yield return Of(accepted, "line: HTTP/1.2", [505], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "line: HTTP/2.0", [505], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "path: /dump/\u00e4", [400], [200], "\"rawTarget\"");
        yield return Of(accepted, "path: absolute form, other host", [400], [200], "\"host\": \"other.test\"");
        yield return Of(accepted, "path: absolute form, upper case", [400], [200], "\"path\": \"/dump\"");
        yield return Of(accepted, "request header: folded", [400], [200], "X-Fold");
        yield return Of(accepted, "request header: hundred and ten", [431], [200], "X-Many-109");
        yield return Of(accepted, "request header: 40 KB in all", [431], [200], "X-Big-39");

        const string merged = "Repeated request headers are one";
        yield return Of(merged, "request header: repeated", [200], [200], "1, 2");
        yield return Of(merged, "request header: known, repeated", [200], [200], "a, b");
        yield return Of(merged, "request header: two cookie headers", [200], [200], "a=1, b=2");

        yield return Of("Header values are as the client sent them", "request header: upgrade offered", [200], [200], "\"upgrade\"");
        yield return Of("No upgrade on HTTP/1.0", "upgrade: offered on HTTP/1.0", [200], [200], "False");
        yield return Of("100 Continue although the body is there", "body: expect 100-continue, read", [200], [200], "100 Continue");
    }

    private static IEnumerable<(string Name, Difference Difference)> Closing()
    {
        const string closing = "Statuses after which Apache closes the connection";
        const string closed = "closed without a response";
        foreach (var name in (string[])["fault: /throw", "fault: /throw, HEAD", "fault: /throw/async", "fault: /throw/async, HEAD", "fault: /throw/canceled",
            "fault: /throw/canceled, HEAD", "fault: throw from OnStarting", "fault: throw from OnStarting, empty", "fault: throw with a body unread"])
        {
            yield return Of(closing, name, [500, 200], [500, 0], closed);
        }

        foreach (var status in (int[])[400, 411, 413, 414, 500, 501, 503])
        {
            yield return Of(closing, $"status: {status}", [status, 200], [status, 0], closed);
        }
    }

    private static IEnumerable<(string Name, Difference Difference)> Responses()
    {
        const string aborted = "Abort before the head gives 500";
        yield return Of(aborted, "fault: /abort", [0], [500, 0], "500");
        yield return Of(aborted, "fault: /abort, HEAD", [0], [500, 0], "500");
        yield return Of(aborted, "fault: token fires on abort", [0], [500], "note: fired");
        yield return Of(aborted, "fault: write after abort", [0], [500], "note: no exception");

        const string open = "BadHttpRequestException of the app keeps the connection";
        yield return Of(open, "fault: /throw/bad-request", [418, 0], [418, 200], "418");
        yield return Of(open, "fault: /throw/bad-request, HEAD", [418, 0], [418, 200], "418");

        yield return Of("A response longer than its Content-Length gives 500", "misuse: Content-Length 5, written 10", [200], [500], "500");
        yield return Of("Line breaks in a reason phrase", "misuse: reason with a newline", [200], [500], "");

        yield return Of("Vary is one line", "response header: vary", [200], [200], "vary: Accept,Cookie");

        const string range = "Status codes end at 599";
        yield return Of(range, "status: 600", [600, 200], [500, 0], "500");
        yield return Of(range, "status: 999", [999, 200], [500, 0], "500");
        yield return Of(range, "status: reason for an unknown status", [799], [500], "500");

        yield return Of("Texts of exceptions", "misuse: negative length", [200], [200], "ArgumentOutOfRangeException: Content-Length may not be less than zero.");
    }

    private static (string Name, Difference Difference) Of(string section, string name, int[] kestrel, int[] modhost, string contains) =>
        (name, new Difference(section, kestrel, modhost, contains));
}
