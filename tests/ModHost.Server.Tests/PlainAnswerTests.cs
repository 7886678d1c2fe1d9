using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class PlainAnswerTests
{
    [Fact]
    public async Task Plaintext_is_one_send_with_its_length()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/", () => "Hello, World!"));

        await server.Get("/");
        var answer = await server.Get("/");

        Assert.Equal("Hello, World!", answer.Body);
        Assert.Equal(200, answer.Status);
        Assert.Equal(13, answer.ContentLength);
        Assert.Equal("text/plain; charset=utf-8", answer.Headers["Content-Type"]);
        var piece = Assert.Single(answer.Pieces);
        Assert.Equal(SendFlags.Head | SendFlags.End, piece.Flags & ~SendFlags.Defer);
    }

    [Fact]
    public async Task Json_is_one_send_with_its_length()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/json", () => Results.Json(new[] { 1, 2, 3 })));

        // The first time takes the watchdog's patience: everything is compiled.
        await server.Get("/json");
        var answer = await server.Get("/json");

        Assert.Equal("[1,2,3]", answer.Body);
        Assert.Equal(7, answer.ContentLength);
        Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Single(answer.Pieces);
    }

    [Fact]
    public async Task Unknown_paths_are_404_with_length_0()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/", () => "Hello"));

        var answer = await server.Get("/nothing");

        Assert.Equal(404, answer.Status);
        Assert.Equal(0, answer.ContentLength);
        Assert.Single(answer.Pieces);
    }

    [Fact]
    public async Task Inline_exchanges_are_answered_before_Begin_returns()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/", () => "Hello"));

        var answer = server.Begin(RequestBlock.Get("/"), inline: true);

        Assert.Equal(1, answer.Released);
        Assert.Equal("Hello", answer.Body);
    }

    [Fact]
    public async Task An_exchange_object_answers_again_and_again()
    {
        await using var server = await MemoryServer.Start(app => app.MapGet("/{name}", (string name) => name));
        var exchange = server.Exchange();

        for (var number = 0; number < 100; number++)
        {
            await exchange.Begin(RequestBlock.Get($"/n{number}")).Completion();
            Assert.Equal($"n{number}", exchange.Body);
        }
    }
}
