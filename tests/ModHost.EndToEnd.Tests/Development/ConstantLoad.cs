using System.Collections.Concurrent;

namespace ModHost.EndToEnd.Tests.Development;

/// <summary>Requests one after the other, from a few clients, until it is asked what came of them.</summary>
internal sealed class ConstantLoad : IAsyncDisposable
{
    private const int Clients = 4;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<string> _failures = [];
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(60),
    };

    private readonly Task _tasks;
    private int _answered;

    public ConstantLoad(string url) => _tasks = Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => Ask(new Uri(url)))));

    /// <summary>Ends it: how many were answered, and what was wrong with the others.</summary>
    public async Task<(int Answered, IReadOnlyList<string> Failures)> Finish()
    {
        await _end.CancelAsync();
        await _tasks;
        return (_answered, [.. _failures]);
    }

    public async ValueTask DisposeAsync()
    {
        await Finish();
        _client.Dispose();
        _end.Dispose();
    }

    private async Task Ask(Uri url)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var response = await _client.GetAsync(url);
                if (response.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref _answered);
                }
                else
                {
                    _failures.Add($"{(int)response.StatusCode}");
                }
            }
            catch (Exception error)
            {
                _failures.Add(error.ToString());
            }

            await Task.Delay(s_pause);
        }
    }
}
