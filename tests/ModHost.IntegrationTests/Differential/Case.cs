namespace ModHost.IntegrationTests.Differential;

/// <summary>One request of a case, with what its client does after sending it.</summary>
/// <param name="Bytes">Latin-1 text, sent as it is; "{key}" stands for a text that is unique to the run.</param>
/// <param name="Method">What the response belongs to: HEAD has no body.</param>
/// <param name="Pieces">In how many sends the bytes leave.</param>
internal sealed record Request(string Bytes, string Method = "GET", int Pieces = 1);

/// <summary>A conversation on one connection; both servers must answer it alike.</summary>
internal sealed record Case(string Name, IReadOnlyList<Request> Requests)
{
    /// <summary>The reason phrase was set by the app, so it is compared.</summary>
    public bool CompareReason { get; init; }

    /// <summary>A note that the app left behind, asked for afterwards under "{key}".</summary>
    public bool CompareNote { get; init; }

    public override string ToString() => Name;
}

/// <summary>Writes requests.</summary>
internal static class Message
{
    public static Request Get(string target, string headers = "") => With("GET", target, headers);

    public static Request With(string method, string target, string headers = "", string version = "HTTP/1.1") =>
        new($"{method} {target} {version}\r\nHost: probe.test\r\n{headers}\r\n", method);

    public static Request Post(string target, string body, string headers = "") =>
        new($"POST {target} HTTP/1.1\r\nHost: probe.test\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}", "POST");

    /// <summary>A chunked body of these pieces.</summary>
    public static Request Chunked(string target, IEnumerable<string> pieces, string headers = "", string trailers = "") =>
        new($"POST {target} HTTP/1.1\r\nHost: probe.test\r\nTransfer-Encoding: chunked\r\n{headers}\r\n"
            + string.Concat(pieces.Select(piece => $"{piece.Length:x}\r\n{piece}\r\n")) + $"0\r\n{trailers}\r\n", "POST");

    public static Request Raw(string bytes, string method = "GET") => new(bytes, method);
}
