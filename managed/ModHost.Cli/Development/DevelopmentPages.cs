using System.Globalization;
using System.Net.Sockets;
using System.Text;
using ModHost.Cli.Configuration;

namespace ModHost.Cli.Development;

/// <summary>
/// What open pages ask for: a script, a stream that tells when they are out of date, and what went wrong. The web server
/// asks for them at a Unix socket, one request a connection.
/// </summary>
internal sealed class DevelopmentPages : IDisposable
{
    // Browsers have six connections to a server: a page that nobody sees takes none. It is told when it is seen again what
    // it has missed, if it knows its worker.
    private const string Script = """
        (() => {
            if (window.modhostRefresh) { return; }
            window.modhostRefresh = true;
            const query = new URL(document.currentScript.src).search;
            let events = null;
            const follow = () => {
                if (!document.hidden) {
                    events ??= new EventSource("/_modhost/events" + query);
                    events.onmessage = () => location.reload();
                } else if (events && !query.endsWith("=")) {
                    events.close();
                    events = null;
                }
            };
            document.addEventListener("visibilitychange", follow);
            follow();
        })();

        """;

    private const int Pause = 100;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = New();
    private HashSet<string> _workers = [];
    private readonly string _errorFile;
    private readonly Gate? _gate;
    private ErrorPage? _error;
    private bool _buildFailed;

    // Some version does.
    private volatile bool _serves;

    /// <param name="errorFile">While it is there the web server asks for errors instead of pages.</param>
    /// <param name="gate">Where requests wait for the next version; null: nowhere.</param>
    public DevelopmentPages(string socket, string errorFile, Gate? gate = null)
    {
        _errorFile = errorFile;
        _gate = gate;
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        // Whoever gets into the folder may ask: the web server's workers have another user.
        File.SetUnixFileMode(socket, (UnixFileMode)0x1ff);
        _listener.Listen();
        _ = Task.Run(Accept);
    }

    /// <summary>
    /// From now on pages of these alone are up to date: "group/index/pid", as the web server names workers. As long as a
    /// build has failed, pages are its errors whoever serves the rest.
    /// </summary>
    public void Show(IEnumerable<string> workers)
    {
        lock (_lock)
        {
            if (!_buildFailed)
            {
                File.Delete(_errorFile);
                _serves = true;
                Change([.. workers]);
            }
        }
    }

    /// <summary>
    /// These are of the version that is shown: pages of theirs are up to date, too, and so are those of workers that are no
    /// more. A page that ends its worker would else be loaded for ever.
    /// </summary>
    public void Add(IEnumerable<string> workers)
    {
        lock (_lock)
        {
            if (!_buildFailed)
            {
                _workers.UnionWith(workers);
            }
        }
    }

    /// <summary>From now on pages are the errors of a build.</summary>
    public void ShowBuildErrors(IReadOnlyList<string> errors) => ShowError(ErrorPage.OfBuild(errors, _serves), ofBuild: true);

    /// <summary>From now on pages are the reason why the newest version does not start.</summary>
    /// <param name="olderServes">Something serves meanwhile: the version before it.</param>
    public void ShowStartError(string error, bool olderServes)
    {
        _serves = olderServes;
        ShowError(ErrorPage.OfStart(error, olderServes), ofBuild: false);
    }

    /// <summary>What it made is shown when it has started, or why it does not; until then pages stay what they are.</summary>
    public void BuildSucceeded()
    {
        lock (_lock)
        {
            _buildFailed = false;
        }
    }

    /// <summary>Nobody waits any more, neither for a version nor for news of one: the web server shall end.</summary>
    public void End()
    {
        _gate?.End();
        _end.Cancel();
        _listener.Dispose();
    }

    public void Dispose()
    {
        End();
        _end.Dispose();
    }

    // A start that failed is no news where a newer build did.
    private void ShowError(ErrorPage error, bool ofBuild)
    {
        lock (_lock)
        {
            if (_buildFailed && !ofBuild)
            {
                return;
            }

            _error = error;
            _buildFailed = ofBuild;
            MarkError();
            Change([string.Create(CultureInfo.InvariantCulture, $"error/{DateTime.UtcNow.Ticks}")]);
        }
    }

    // Where there is no room for the file, errors are on the terminal alone.
    private void MarkError()
    {
        try
        {
            File.WriteAllText(_errorFile, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Pages are those of the version that serves.
        }
    }

    // Under the lock.
    private void Change(HashSet<string> workers)
    {
        _workers = workers;
        _changed.TrySetResult();
        _changed = New();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                try
                {
                    var connection = await _listener.AcceptAsync(_end.Token).ConfigureAwait(false);
                    _ = Task.Run(() => Serve(connection));
                }
                catch (SocketException) when (!_end.IsCancellationRequested)
                {
                    // Out of descriptors, mostly; some will come back.
                    await Task.Delay(Pause, _end.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The command ends.
        }
    }

    private async Task Serve(Socket connection)
    {
        try
        {
            using var stream = new NetworkStream(connection, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var target = (await reader.ReadLineAsync(_end.Token).ConfigureAwait(false) ?? "").Split(' ') is [_, { } path, ..] ? path : "";
            while (await reader.ReadLineAsync(_end.Token).ConfigureAwait(false) is { Length: > 0 })
            {
                // Headers say nothing that matters here.
            }

            await Answer(stream, target).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It has gone away.
        }
    }

    private Task Answer(NetworkStream stream, string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return (query < 0 ? target : target[..query]) switch
        {
            DevelopmentPlan.Script => Send(stream, "200 OK", "text/javascript", Script),
            DevelopmentPlan.Events => Tell(stream, WorkerOf(target)),
            DevelopmentPlan.Gate => Hold(stream, target.EndsWith(DevelopmentPlan.ForPage, StringComparison.Ordinal)),
            DevelopmentPlan.Error => Send(stream, "500 Internal Server Error", "text/html; charset=utf-8", CurrentError()),
            _ => Send(stream, "404 Not Found", "text/plain", "There is nothing here.\n"),
        };
    }

    // A page of what has failed is its errors; everything else is for the version that serves now.
    private async Task Hold(NetworkStream stream, bool isPage)
    {
        await Task.WhenAny(_gate?.Opened ?? Task.CompletedTask, Gone(stream)).ConfigureAwait(false);
        await Send(stream, isPage && File.Exists(_errorFile) ? "403 Forbidden" : "204 No Content", "text/plain", "").ConfigureAwait(false);
    }

    // "": who made the page is not known; it may have been the web server.
    private static string WorkerOf(string target) =>
        target.Split("?worker=") is [_, { } worker, ..] ? Uri.UnescapeDataString(worker) : "";

    private static async Task Send(NetworkStream stream, string status, string type, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nCache-Control: no-store\r\n"
            + $"Content-Length: {bytes.Length}\r\nConnection: close\r\n\r\n")).ConfigureAwait(false);
        await stream.WriteAsync(bytes).ConfigureAwait(false);
    }

    // One event, when the page was made by somebody who is not current any more.
    private async Task Tell(NetworkStream stream, string worker)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n:\n\n"u8.ToArray(),
            _end.Token).ConfigureAwait(false);
        TaskCompletionSource? first = null;
        for (var gone = Gone(stream); !gone.IsCompleted;)
        {
            Task changed;
            lock (_lock)
            {
                first ??= _changed;
                var isOutdated = worker.Length == 0 ? _changed != first : !_workers.Contains(worker);
                if (_workers.Count > 0 && isOutdated)
                {
                    break;
                }

                changed = _changed.Task;
            }

            await Task.WhenAny(changed, gone).WaitAsync(_end.Token).ConfigureAwait(false);
        }

        await stream.WriteAsync("data: reload\n\n"u8.ToArray(), _end.Token).ConfigureAwait(false);
    }

    // Ends when whoever asked has left; nothing else is expected to come.
    private async Task Gone(NetworkStream stream)
    {
        try
        {
            var nothing = new byte[1];
            while (await stream.ReadAsync(nothing, _end.Token).ConfigureAwait(false) > 0)
            {
                // Nobody asks twice here.
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It has.
        }
    }

    private string CurrentError()
    {
        lock (_lock)
        {
            var version = Uri.EscapeDataString(_workers.FirstOrDefault(""));
            return (_error ?? ErrorPage.OfBuild([], _serves)).Html($"{DevelopmentPlan.Script}?worker={version}");
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
