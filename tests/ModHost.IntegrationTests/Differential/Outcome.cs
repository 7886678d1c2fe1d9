using System.Net.Sockets;
using System.Text;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Differential;

/// <summary>What a server made of a case, as text in which two servers can be compared.</summary>
internal sealed record Outcome(IReadOnlyList<int> Statuses, string Text)
{
    // Owned by the web server, or framing: what matters of framing is in the body and the ending.
    private static readonly HashSet<string> s_notCompared =
        new(["Server", "Date", "Connection", "Keep-Alive", "Transfer-Encoding"], StringComparer.OrdinalIgnoreCase);

    public static async Task<Outcome> Of(Case @case, int port)
    {
        var key = Guid.NewGuid().ToString("N");
        var statuses = new List<int>();
        var text = new StringBuilder();
        await using (var connection = await RawConnection.Open(port))
        {
            foreach (var request in @case.Requests)
            {
                var response = await Exchange(connection, request, key, text);
                statuses.Add(response?.Status ?? 0);
                if (response is null || response.Ending != Ending.Framed)
                {
                    break;
                }
            }
        }

        if (@case.CompareNote)
        {
            var note = await RawConnection.Get(port, $"/recorded?key={key}");
            text.AppendLine().Append("note: ").Append(note.Text);
        }

        return new Outcome(statuses, text.ToString().Replace(key, "{key}", StringComparison.Ordinal));

        async Task<RawResponse?> Exchange(RawConnection connection, Request request, string key, StringBuilder text)
        {
            RawResponse? response;
            try
            {
                await Send(connection, request, key);
                response = await connection.Read(request.Method);
                while (response is { Status: 100 })
                {
                    text.AppendLine("100 Continue");
                    response = await connection.Read(request.Method);
                }
            }
            catch (IOException error) when (error.InnerException is SocketException)
            {
                response = null;
            }

            Describe(text, response, @case.CompareReason);
            return response;
        }
    }

    private static async Task Send(RawConnection connection, Request request, string key)
    {
        var bytes = Encoding.Latin1.GetBytes(request.Bytes.Replace("{key}", key, StringComparison.Ordinal));
        var size = (bytes.Length + request.Pieces - 1) / request.Pieces;
        for (var start = 0; start < bytes.Length; start += size)
        {
            await connection.Send(bytes.AsMemory(start, Math.Min(size, bytes.Length - start)));
            if (request.Pieces > 1)
            {
                await Task.Yield();
            }
        }
    }

    private static void Describe(StringBuilder text, RawResponse? response, bool reason)
    {
        if (response is null)
        {
            text.AppendLine("closed without a response");
            return;
        }

        text.Append(response.Status).AppendLine(reason ? " " + response.Reason : "");
        foreach (var header in response.Headers.Where(header => IsCompared(header, response)).OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            text.Append(header.Key.ToLowerInvariant()).Append(": ").AppendLine(header.Value);
        }

        text.AppendLine().AppendLine(Encoding.Latin1.GetString(response.Body));
        foreach (var trailer in response.Trailers)
        {
            text.Append("trailer ").Append(trailer.Key).Append(": ").AppendLine(trailer.Value);
        }

        text.AppendLine(response.Ending == Ending.Truncated ? "[truncated]" : "[complete]");
    }

    /// <summary>A length that only repeats what the body shows is framing; one that says something else is content.</summary>
    private static bool IsCompared(KeyValuePair<string, string> header, RawResponse response) =>
        !s_notCompared.Contains(header.Key)
        && !(header.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) && response.ContentLength == response.Body.Length);
}
