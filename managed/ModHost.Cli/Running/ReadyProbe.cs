using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ModHost.Cli.Configuration;

namespace ModHost.Cli.Running;

/// <summary>What an application has come to.</summary>
internal enum AppReadiness
{
    Starting,
    Ready,
    Failed,
}

/// <summary>Asks the web server for its state until the application is ready; a thread of the pool does it.</summary>
internal sealed class ReadyProbe : IDisposable
{
    private const int Pace = 100;
    private const int Limit = 2000;

    private readonly CancellationTokenSource _end = new();
    private readonly ServerPlan _plan;
    private readonly Task _task;
    private volatile AppReadiness _state = AppReadiness.Starting;
    private AppReadiness _told = AppReadiness.Starting;

    public ReadyProbe(ServerPlan plan)
    {
        _plan = plan;
        _task = Task.Run(Ask);
    }

    /// <summary>What it has become since the last time; Starting: nothing new.</summary>
    public AppReadiness TakeNews()
    {
        var now = _state;
        var news = now == _told ? AppReadiness.Starting : now;
        _told = now;
        return news;
    }

    public void Dispose()
    {
        _end.Cancel();
        _task.Wait(CancellationToken.None);
        _end.Dispose();
    }

    private async Task Ask()
    {
        while (!_end.IsCancellationRequested && _state != AppReadiness.Ready)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                limit.CancelAfter(Limit);
                _state = Judge(await Status(limit.Token).ConfigureAwait(false));
                await Task.Delay(Pace, _end.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or SocketException or JsonException
                or OperationCanceledException)
            {
                // It does not listen yet, or any more.
                await Task.Delay(Pace, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<string> Status(CancellationToken cancellation)
    {
        using var socket = _plan.StatusPath.Length > 0
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (_plan.StatusPath.Length > 0)
        {
            await socket.ConnectAsync("127.0.0.1", _plan.Port ?? 0, cancellation).ConfigureAwait(false);
        }
        else
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_plan.Places.StatusSocket), cancellation)
                .ConfigureAwait(false);
        }

        var path = _plan.StatusPath.Length > 0 ? _plan.StatusPath : "/";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"),
            cancellation).ConfigureAwait(false);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync(cancellation).ConfigureAwait(false);
        var body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && body > 0 ? answer[(body + 4)..]
            : throw new IOException("the status is not to be had");
    }

    // One application: ready where any process of it is, failed where all that tried are.
    private static AppReadiness Judge(string json)
    {
        using var document = JsonDocument.Parse(json);
        var states = new List<string>();
        foreach (var group in Items(document.RootElement, "groups"))
        {
            states.Add(group.GetProperty("state").GetString() ?? "");
        }

        foreach (var application in Items(document.RootElement, "applications"))
        {
            if (application.TryGetProperty("processes", out var processes) && processes.ValueKind == JsonValueKind.Object)
            {
                states.AddRange(processes.EnumerateObject().Where(state => state.Value.GetInt64() > 0).Select(state => state.Name));
            }
        }

        return states.Contains("ready") ? AppReadiness.Ready : states.Contains("failed") ? AppReadiness.Failed : AppReadiness.Starting;
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;
}
