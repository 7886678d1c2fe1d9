using System.Net.Sockets;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.IntegrationTests.Http;

/// <summary>
/// Keep-alive clients that ask for one target without a pause. A request has failed when its status or body is wrong,
/// when its answer broke off, or when a fresh connection gave none. A reused connection that is closed before any byte
/// of the answer is what HTTP allows: the request is sent once more on a fresh one, and counted.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _failures = [];
    private readonly Task[] _clients;
    private readonly int _port;
    private readonly string _target;
    private readonly string _body;
    private readonly bool _fresh;
    private long _done;
    private long _retried;

    private Load(int port, string target, string body, int clients, bool fresh)
    {
        (_port, _target, _body, _fresh) = (port, target, body, fresh);
        _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(Run))];
    }

    public long Done => Interlocked.Read(ref _done);

    public long Retried => Interlocked.Read(ref _retried);

    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_failures)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>Starts the clients.</summary>
    /// <param name="fresh">Each request on a connection of its own.</param>
    public static Load Start(int port, string target, string body, int clients = 4, bool fresh = false) => new(port, target, body, clients, fresh);

    /// <summary>Stops the clients and waits for the requests that are under way.</summary>
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
    }

    /// <summary>
    /// No request failed that one for a static file (<paramref name="control"/>) would not also have failed in the same
    /// run. nginx fails none of either.
    /// </summary>
    public void FailedNoMoreThan(Load control, ServerHost server)
    {
        var allowed = control.Failures.Count == 0 ? 0 : 1 + (2 * control.Failures.Count * Done / Math.Max(1, control.Done));
        var reasons = server.Log.Split('\n').Where(line => line.Contains(" MH0", StringComparison.Ordinal)).Take(10);
        Assert.True(Failures.Count <= allowed, $"{Failures.Count} of {Done} requests failed, of the control {control.Failures.Count} of {control.Done}:\n"
            + string.Join('\n', [.. Failures.Take(3), .. control.Failures.Take(3), .. reasons]));
        Assert.True(Settings.Server != ServerKind.Nginx || control.Failures.Count == 0, string.Join('\n', control.Failures.Take(3)));
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _stop.Dispose();
    }

    private async Task Run()
    {
        RawConnection? connection = null;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                connection = await Request(connection);
                Interlocked.Increment(ref _done);
            }
            catch (Exception error)
            {
                Fail($"{error.GetType().Name}: {error.Message}");
                connection = null;
            }
        }

        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private async Task<RawConnection?> Request(RawConnection? reused)
    {
        if (reused is not null)
        {
            if (await Ask(reused) is { } response)
            {
                return await Judge(response, reused);
            }

            await reused.DisposeAsync();
            Interlocked.Increment(ref _retried);
        }

        var fresh = await RawConnection.Open(_port);
        return await Judge(await Ask(fresh) ?? throw new IOException("a fresh connection was closed without an answer"), fresh);
    }

    private async Task<RawResponse?> Ask(RawConnection connection)
    {
        try
        {
            await connection.Send($"GET {_target} HTTP/1.1\r\nHost: probe.test\r\n\r\n");
            return await connection.Read();
        }
        catch (IOException error) when (error.InnerException is SocketException)
        {
            return null;
        }
    }

    private async Task<RawConnection?> Judge(RawResponse response, RawConnection connection)
    {
        if (response.Status != 200 || response.Text != _body || response.Ending == Ending.Truncated)
        {
            Fail(response.ToString());
        }

        if (_fresh || response.Header("Connection")?.Contains("close", StringComparison.OrdinalIgnoreCase) == true)
        {
            await connection.DisposeAsync();
            return null;
        }

        return connection;
    }

    private void Fail(string what)
    {
        lock (_failures)
        {
            _failures.Add(what);
        }
    }
}
