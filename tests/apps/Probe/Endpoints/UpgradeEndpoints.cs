using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;

namespace Probe.Endpoints;

/// <summary>Connections that stop being HTTP.</summary>
internal static class UpgradeEndpoints
{
    public static void MapUpgrades(this IEndpointRouteBuilder app)
    {
        app.Map("/upgrade", Raw);
        app.Map("/upgrade/possible", context => context.Answer(
            context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest.ToString() ?? "no feature"));
        app.Map("/upgrade/refused", Refused);
        app.Map("/upgrade/twice", async context =>
        {
            var feature = context.Features.Get<IHttpUpgradeFeature>()!;
            await using var stream = await feature.UpgradeAsync();
            Recorder.Note(context.Query("key"), await HttpContextExtensions.Outcome(feature.UpgradeAsync));
        });
        app.Map("/upgrade/body", async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            var read = await context.Request.Body.ReadAsync(new byte[1]);
            Recorder.Note(context.Query("key"), $"{read}");
        });
        app.Map("/upgrade/response", async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            Recorder.Note(context.Query("key"), await HttpContextExtensions.Outcome(() => context.Response.WriteAsync("x")));
        });
        app.Map("/upgrade/server-closes", async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.WriteAsync("bye"u8.ToArray());
        });
        app.Map("/upgrade/throws", async context =>
        {
            await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
            await stream.WriteAsync("bye"u8.ToArray());
            throw new InvalidOperationException("thrown after the upgrade");
        });
        app.Map("/ws", Echo);
        app.Map("/ws/both-ways", BothWays);
        app.Map("/ws/server-closes", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.CloseAsync(WebSocketCloseStatus.PolicyViolation, "enough", CancellationToken.None);
        });
        app.Map("/ws/wait-abort", WaitAbort);
        app.Map("/ws/until-stopping", UntilStopping);
    }

    /// <summary>Echoes bytes until the client sends FIN.</summary>
    private static async Task Raw(HttpContext context)
    {
        await using var stream = await context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        var buffer = new byte[4096];
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read));
        }

        await stream.WriteAsync("fin"u8.ToArray());
        Recorder.Note(context.Query("key"), "fin");
    }

    private static Task Refused(HttpContext context) =>
        context.AnswerOutcome(context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync);

    private static async Task Echo(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault();
        using var socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        Recorder.Add("ws-open");
        try
        {
            var buffer = new byte[context.Number("buffer", 65536)];
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, CancellationToken.None);
                    return;
                }

                await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, context.RequestAborted);
            }
        }
        finally
        {
            Recorder.Add("ws-open", -1);
        }
    }

    /// <summary>Sends ?count= messages and at the same time counts what it gets, then sends that count.</summary>
    private static async Task BothWays(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var count = context.Number("count", 1000);
        var message = new byte[context.Number("size", 1000)];
        var receive = Task.Run(async () =>
        {
            var buffer = new byte[65536];
            long bytes = 0;
            for (var messages = 0; messages < count;)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                bytes += result.Count;
                messages += result.EndOfMessage ? 1 : 0;
            }

            return bytes;
        });
        for (var i = 0; i < count; i++)
        {
            await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }

        var total = System.Text.Encoding.ASCII.GetBytes($"{await receive}");
        await socket.SendAsync(total.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    /// <summary>Open until the application stops, and closed properly then.</summary>
    private static async Task UntilStopping(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult))
        {
            await stopping.Task;
        }

        await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "stopping", CancellationToken.None);
    }

    /// <summary>Notes how a receive ends when the client's connection breaks off.</summary>
    private static async Task WaitAbort(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        Recorder.Note(context.Query("key") + "-begun", "begun");
        var outcome = await HttpContextExtensions.Outcome(async () => await socket.ReceiveAsync(new byte[1].AsMemory(), CancellationToken.None));
        Recorder.Note(context.Query("key"), outcome.StartsWith("no exception", StringComparison.Ordinal) ? outcome : "exception");
    }
}
