using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.SignalR;

// A hub that does what hubs do: answer, broadcast, stream down, and take a stream up.

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSignalR();
var app = builder.Build();
app.MapGet("/", () => "hub at /hub");
app.MapHub<EchoHub>("/hub");
app.Run();

internal sealed class EchoHub : Hub
{
    public string Echo(string text) => text;

    public Task Broadcast(string text) => Clients.All.SendAsync("said", text);

    public async IAsyncEnumerable<int> Counter(int count, [EnumeratorCancellation] CancellationToken cancelled)
    {
        for (var i = 0; i < count; i++)
        {
            cancelled.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }

    public async Task<int> Sum(IAsyncEnumerable<int> numbers)
    {
        var sum = 0;
        await foreach (var number in numbers)
        {
            sum += number;
        }

        return sum;
    }
}
