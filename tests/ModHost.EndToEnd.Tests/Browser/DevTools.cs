using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModHost.EndToEnd.Tests.Browser;

/// <summary>A connection to Chromium's DevTools: commands and their answers, and events.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private const int Chunk = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _waiting = new();
    private readonly Action<string, JsonNode> _onEvent;
    private Task _receiving = Task.CompletedTask;
    private int _last;

    private DevTools(Action<string, JsonNode> onEvent) => _onEvent = onEvent;

    /// <param name="onEvent">Name and parameters; called by the receiving task alone.</param>
    public static async Task<DevTools> Connect(Uri address, Action<string, JsonNode> onEvent)
    {
        var tools = new DevTools(onEvent);
        await tools._socket.ConnectAsync(address, CancellationToken.None);
        tools._receiving = Task.Run(tools.Receive);
        return tools;
    }

    /// <param name="session">Of a page; null: the browser itself.</param>
    public async Task<JsonNode> Call(string method, JsonObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            command["sessionId"] = session;
        }

        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(command), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(s_patience);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
    }

    private async Task Receive()
    {
        var buffer = new byte[Chunk];
        var message = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    Take(JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!);
                    message.SetLength(0);
                }
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or JsonException)
        {
            foreach (var answer in _waiting.Values)
            {
                answer.TrySetException(new InvalidOperationException("The browser is gone.", error));
            }
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is not { } id)
        {
            _onEvent((string)message["method"]!, message["params"]!);
        }
        else if (_waiting.TryRemove((int)id, out var answer))
        {
            if (message["error"] is { } error)
            {
                answer.SetException(new InvalidOperationException(error.ToJsonString()));
            }
            else
            {
                answer.SetResult(message["result"]!);
            }
        }
    }
}
