using static ModHost.IntegrationTests.Differential.Message;

namespace ModHost.IntegrationTests.Differential;

/// <summary>Exceptions, aborts, and applications that do what they should not.</summary>
internal static class FaultCases
{
    public static IEnumerable<Case> All() => [.. Throws(), .. Misuse(), .. Values()];

    private static IEnumerable<Case> Throws()
    {
        foreach (var path in (string[])["/throw", "/throw/async", "/throw/bad-request", "/throw/canceled",
            "/throw/after-head", "/throw/after-head-with-length", "/abort"])
        {
            yield return new($"fault: {path}", [Get(path), Get("/empty")]);
            yield return new($"fault: {path}, HEAD", [With("HEAD", path), Get("/empty")]);
        }

        // Kestrel sends the unflushed bytes in front of the connection's next response: one request only.
        yield return new("fault: throw with bytes in the pipe", [Get("/throw/unflushed")]);
        yield return new("fault: throw with a body unread", [Post("/throw", "body"), Get("/empty")]);
        yield return new("fault: write after abort", [Get("/abort/then-write?key={key}")]) { CompareNote = true };
        yield return new("fault: token fires on abort", [Get("/abort/token?key={key}")]) { CompareNote = true };
        yield return new("fault: throw from OnStarting", [Get("/misuse/throw-on-starting"), Get("/empty")]);
        yield return new("fault: throw from OnStarting, empty", [Get("/misuse/throw-on-starting-empty"), Get("/empty")]);
        yield return new("fault: throw from OnCompleted", [Get("/misuse/throw-on-completed"), Get("/empty")]);
        yield return new("fault: NullReferenceException", [Get("/process/null-reference")]);
        yield return new("fault: DivideByZeroException", [Get("/process/divide-by-zero")]);
        yield return new("fault: throw after an upgrade", [Get("/upgrade/throws", "Connection: Upgrade\r\nUpgrade: x\r\n") with { Method = "HEAD" }]);
    }

    private static IEnumerable<Case> Misuse()
    {
        foreach (var (set, write) in (ValueTuple<int, int>[])[(10, 5), (10, 0), (5, 10), (0, 5), (10, 10), (0, 0), (100000, 99999)])
        {
            yield return new($"misuse: Content-Length {set}, written {write}", [Get($"/misuse/length?set={set}&write={write}&key={{key}}")]) { CompareNote = true };
        }

        yield return new("misuse: Content-Length 5, written 3 and 7", [Get("/misuse/length?set=5&write=3&then=1234567&key={key}")]) { CompareNote = true };
        foreach (var name in (string[])["header", "status", "reason", "length", "on-starting", "clear", "sync-io"])
        {
            yield return new($"misuse: {name} after the start", [Get($"/misuse/{name}-after-start"), Get("/empty")]);
        }

        yield return new("misuse: write after CompleteAsync", [Get("/misuse/write-after-complete?key={key}"), Get("/empty")]) { CompareNote = true };
        yield return new("misuse: length as a string", [Get("/misuse/length-string")]);
        yield return new("misuse: negative length", [Get("/misuse/negative-length")]);
        foreach (var value in (string[])["x", "-1", "+1", "1.5", "%201", "99999999999999999999"])
        {
            yield return new($"misuse: length '{value}'", [Get($"/misuse/bad-length-string?value={value}")]);
        }

        foreach (var code in (int[])[0, 99, 100, 101, 1000, -1])
        {
            yield return new($"misuse: status {code}", [Get($"/misuse/status?code={code}")]);
        }
    }

    private static IEnumerable<Case> Values()
    {
        foreach (var code in (int[])[0, 1, 9, 10, 13, 31, 127, 128, 0xe4, 0xff, 0x100, 0x20ac, 0xd800])
        {
            yield return new($"misuse: header value with U+{code:X4}", [Get($"/misuse/header-value?code={code}")]);
        }

        yield return new("misuse: header name with a space", [Get("/misuse/header-name")]);
        yield return new("misuse: header name with a newline", [Get("/misuse/header-name?char=%0A")]);
        yield return new("misuse: header name beyond ASCII", [Get("/misuse/header-name?char=%C3%A4")]);
        yield return new("misuse: reason with a newline", [Get("/misuse/reason")]);
    }
}
