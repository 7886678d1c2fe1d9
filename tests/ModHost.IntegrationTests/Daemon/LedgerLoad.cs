using System.Collections.Concurrent;
using System.Globalization;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>
/// Clients that send POST requests, each with a number of its own and on a connection of its own, and never twice;
/// every answer is kept. What ran is in the probe's ledger: so each request can be accounted for.
/// </summary>
internal sealed class LedgerLoad : IAsyncDisposable
{
    private static int s_runs;

    private readonly CancellationTokenSource _stop = new();
    private readonly int _port;
    private readonly int _sleep;
    private readonly string _run = string.Create(CultureInfo.InvariantCulture, $"r{Interlocked.Increment(ref s_runs)}");
    private readonly Task[] _clients;
    private int _next;

    private LedgerLoad(int port, int clients, int sleep)
    {
        (_port, _sleep) = (port, sleep);
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(Run))];
    }

    /// <summary>By request: its status, or 0 with what went wrong, or -1: nothing came for too long.</summary>
    public ConcurrentDictionary<string, (int Status, string Text)> Outcomes { get; } = new();

    public IEnumerable<string> Failed => Outcomes.Where(item => item.Value.Status != 200).Select(item => item.Key);

    /// <summary>Starts the clients.</summary>
    /// <param name="sleep">How long the application takes for a request, at most; each takes another time. ms</param>
    public static LedgerLoad Start(int port, int clients = 4, int sleep = 20) => new(port, clients, sleep);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>
    /// What must hold however many processes died: nothing ran twice; what was answered 200 ran; every other answer is one
    /// that <paramref name="allowed"/> names, and there are no more of those than <paramref name="most"/>.
    /// </summary>
    public void Account(ILookup<string, string> ran, int most, params int[] allowed)
    {
        Assert.NotEmpty(Outcomes);
        Assert.Empty(ran.Where(request => request.Count() > 1).Select(request => request.Key));
        foreach (var (id, (status, text)) in Outcomes)
        {
            Assert.True(status == 200 ? text == id + " 4" && ran[id].Any() : allowed.Contains(status), $"{id}: {status} {text}");
        }

        Assert.InRange(Failed.Count(), 0, most);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }

    private async Task Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            var id = string.Create(CultureInfo.InvariantCulture, $"{_run}-{number}");
            var target = string.Create(CultureInfo.InvariantCulture, $"/ledger?id={id}&ms={number % (_sleep + 1)}");
            try
            {
                var answer = await RawConnection.Exchange(_port,
                    $"POST {target} HTTP/1.1\r\nHost: probe.test\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody", "POST");
                Outcomes[id] = answer.Ending == Ending.Truncated ? (0, "truncated") : (answer.Status, answer.Text);
            }
            catch (Exception error)
            {
                Outcomes[id] = (error is TimeoutException ? -1 : 0, error.Message);
            }
        }
    }
}
