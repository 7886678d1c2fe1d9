namespace ModHost.IntegrationTests.Differential;

/// <summary>A deliberate difference from Kestrel, explained under <paramref name="Section"/> in docs/differences.md.</summary>
/// <param name="Section">The heading there.</param>
/// <param name="Kestrel">The statuses that Kestrel gives; 0: closed without a response.</param>
/// <param name="ModHost">The statuses that ModHost gives.</param>
/// <param name="Contains">A text that ModHost's outcome must have.</param>
internal sealed record Difference(string Section, int[] Kestrel, int[] ModHost, string Contains)
{
    public void Check(Outcome kestrel, Outcome modhost)
    {
        Assert.Equal(Kestrel, kestrel.Statuses);
        Assert.Equal(ModHost, modhost.Statuses);
        Assert.NotEqual(kestrel.Text, modhost.Text);
        Assert.Contains(Contains, modhost.Text, StringComparison.Ordinal);
    }
}

/// <summary>The deliberate differences, by case.</summary>
internal static class Differences
{
    private const string Page = "<center>nginx";

    private static readonly Dictionary<string, Difference> s_all = [];

    static Differences()
    {
        Refusals();
        Paths();
        Requests();
        Responses();
    }

    public static IReadOnlyDictionary<string, Difference> All => s_all;

    public static Difference? For(string name) => s_all.GetValueOrDefault(name);

    private static void Refusals()
    {
        const string refused = "Requests that nginx refuses";
        foreach (var name in (string[])["chunked: bad size", "chunked: data longer than the chunk", "chunked: negative size",
            "line: HTTP/1.1 without a host", "line: bad host", "line: host with a slash", "line: nonsense", "line: two hosts",
            "path: /dump/%00", "path: /dump/a b", "path: /dump/a%00b", "path: CONNECT", "request header: Content-Length list",
            "request header: NUL", "request header: bad Content-Length", "request header: bare CR", "request header: empty name",
            "request header: folded", "request header: huge Content-Length", "request header: negative Content-Length",
            "request header: space before the colon", "request header: space in the name", "request header: two Content-Lengths"])
        {
            Add(refused, name, [400], [400], Page);
        }

        foreach (var name in (string[])["line: empty host", "method: get", "path: /../a", "path: /dump/%", "path: /dump/%4",
            "path: /dump/%u0041", "path: /dump/%zz", "path: /dump/a/../../..", "path: OPTIONS *", "request header: plus Content-Length",
            "chunked: with Content-Length"])
        {
            Add(refused, name, [200], [400], Page);
        }

        Add(refused, "chunked: huge size", [500], [400], Page);
        Add(refused, "chunked: other coding", [400], [501], Page);
        Add(refused, "line: HTTP/2.0", [505], [505], Page);
        Add(refused, "line: lower-case protocol", [505], [400], Page);
        Add(refused, "method: TRACE", [200], [405], Page);
        Add(refused, "path: GET *", [405], [400], Page);
        Add(refused, "path: no slash", [405], [400], Page);
        Add(refused, "path: over 8 KB", [414], [414], Page);
        Add(refused, "request header: 40 KB in all", [431], [400], Page);
    }

    private static void Paths()
    {
        const string normalised = "Paths are what nginx made of them";
        Add(normalised, "path: //dump", [200], [200], "\"path\": \"/dump\"");
        Add(normalised, "path: /dump//a", [200], [200], "\"path\": \"/dump/a\"");
        Add(normalised, "path: /dump///a//", [200], [200], "\"path\": \"/dump/a/\"");
        Add(normalised, "path: /dump/..%2Fa", [200], [200], "\"path\": \"/a\"");
        Add(normalised, "path: /dump/a%2F..%2Fb", [200], [200], "\"path\": \"/dump/b\"");
        Add(normalised, "path: /dump/%252F", [200], [200], "\"path\": \"/dump/%252F\"");
        Add(normalised, "path: /dump?a=1#fragment", [200], [200], "\"query\": \"?a=1\"");
    }

    private static void Requests()
    {
        const string accepted = "Requests that nginx accepts";
        Add(accepted, "line: HTTP/1.2", [505], [200], "\"path\": \"/dump\"");
        Add(accepted, "path: /dump/\u00e4", [400], [200], "\"rawTarget\"");
        Add(accepted, "path: absolute form, other host", [400], [200], "\"host\": \"other.test\"");
        Add(accepted, "path: absolute form, upper case", [400], [200], "\"path\": \"/dump\"");
        Add(accepted, "request header: no colon", [400], [200], "\"path\": \"/dump\"");
        Add(accepted, "request header: hundred and ten", [431], [200], "X-Many-109");

        const string dropped = "Header names that nginx drops";
        Add(dropped, "request header: dot", [200], [200], "\"headers\"");
        Add(dropped, "request header: underscore", [200], [200], "\"headers\"");

        Add("Header values are as the client sent them", "request header: upgrade offered", [200], [200], "\"upgrade\"");
        Add("No upgrade on HTTP/1.0", "upgrade: offered on HTTP/1.0", [200], [200], "False");
        Add("No request trailers", "body: request trailers", [200], [200], "200\ncontent-type: text/plain");
        Add("100 Continue although the body is there", "body: expect 100-continue, read", [200], [200], "100 Continue");

        const string unread = "A body that the app did not read closes the connection";
        Add(unread, "body: consume part, then next request", [200, 200], [200, 0], "closed without a response");
        Add(unread, "body: large and never read, then next", [200, 200], [200, 0], "closed without a response");
    }

    private static void Responses()
    {
        const string aborted = "Abort before the head gives 500";
        Add(aborted, "fault: /abort", [0], [500, 0], Page);
        Add(aborted, "fault: /abort, HEAD", [0], [500, 0], "500");
        Add(aborted, "fault: token fires on abort", [0], [500], "note: fired");
        Add(aborted, "fault: write after abort", [0], [500], "note: no exception");

        const string open = "BadHttpRequestException of the app keeps the connection";
        Add(open, "fault: /throw/bad-request", [418, 0], [418, 200], "418");
        Add(open, "fault: /throw/bad-request, HEAD", [418, 0], [418, 200], "418");

        Add("A response longer than its Content-Length gives 500", "misuse: Content-Length 5, written 10", [200], [500], Page);
        Add("Line breaks in a reason phrase", "misuse: reason with a newline", [200], [500], "");

        const string range = "Status codes end at 599";
        Add(range, "status: 600", [600, 200], [500, 200], "500");
        Add(range, "status: 999", [999, 200], [500, 200], "500");
        Add(range, "status: reason for an unknown status", [799], [500], "500");

        Add("Texts of exceptions", "misuse: negative length", [200], [200], "ArgumentOutOfRangeException: Content-Length may not be less than zero.");
    }

    private static void Add(string section, string name, int[] kestrel, int[] modhost, string contains) =>
        s_all.Add(name, new Difference(section, kestrel, modhost, contains));
}
