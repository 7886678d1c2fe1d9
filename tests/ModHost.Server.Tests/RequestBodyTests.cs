using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class RequestBodyTests
{
    /// <summary>Else the client would be told to continue, after the head of an answer.</summary>
    [Fact]
    public async Task What_was_flushed_before_the_first_read_is_sent_before_it()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("first ");
            await http.Response.Body.FlushAsync();
            await http.Request.Body.CopyToAsync(http.Response.Body);
        });

        var exchange = server.Begin(RequestBlock.Post("/", 4).Header("Expect", "100-continue"), "rest"u8.ToArray());

        Assert.Equal("first rest", (await exchange.Completion()).Body);
        Assert.Equal(1, exchange.SentBeforeGrant);
    }

    [Fact]
    public async Task A_body_is_read_as_a_stream()
    {
        Assert.Equal("Hello", (await Echo("Hello"u8.ToArray())).Body);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(1_000_000)]
    public async Task Bodies_of_any_length_arrive_whole(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);

        var answer = await Echo(body);

        Assert.Equal(body, answer.BodyBytes);
    }

    [Fact]
    public async Task A_body_of_unknown_length_arrives_whole()
    {
        var body = new byte[300_000];
        new Random(1).NextBytes(body);
        await using var server = await MemoryServer.Handle(http => http.Request.Body.CopyToAsync(http.Response.Body));

        var answer = await server.Send(RequestBlock.Post("/", -1), body);

        Assert.Equal(body, answer.BodyBytes);
    }

    [Fact]
    public async Task A_body_is_read_through_the_pipe()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var reader = http.Request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync();
                if (result.IsCompleted)
                {
                    await http.Response.WriteAsync(Encoding.UTF8.GetString(result.Buffer));
                    return;
                }

                // Looks at everything and takes nothing: the rest must come all the same.
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        });
        var body = new byte[200_000];
        Array.Fill(body, (byte)'x');

        var answer = await server.Send(RequestBlock.Post("/", body.Length), body);

        Assert.Equal(body.Length, answer.BodyBytes.Length);
    }

    [Fact]
    public async Task Small_bodies_are_asked_for_at_the_start_and_only_once()
    {
        var answer = await Echo("Hello"u8.ToArray());

        Assert.Equal(1, answer.Grants);
        Assert.Equal(5, answer.Granted);
    }

    [Fact]
    public async Task A_client_that_expects_100_Continue_waits_for_the_first_read()
    {
        var go = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            await go.Task;
            await http.Request.Body.CopyToAsync(http.Response.Body);
        });

        var exchange = server.Begin(RequestBlock.Post("/", 5).Header("Expect", "100-continue"), "Hello"u8.ToArray());
        Assert.Equal(0, exchange.Granted);
        go.SetResult();
        await exchange.Completion();

        Assert.Equal("Hello", exchange.Body);
    }

    [Fact]
    public async Task An_answer_to_a_body_that_had_to_be_waited_for_is_one_send()
    {
        var reading = new SemaphoreSlim(0);
        await using var server = await MemoryServer.Handle(async http =>
        {
            var read = http.Request.Body.ReadAsync(new byte[10]);
            reading.Release();
            await http.Response.WriteAsync($"{await read} bytes");
        });
        var exchange = server.Exchange();
        var single = 0;
        for (var round = 0; round < 10; round++)
        {
            exchange.Begin(RequestBlock.Post("/", 5), [], ends: false);
            await reading.WaitAsync();
            exchange.Upload("Hello"u8.ToArray(), ends: true);
            await exchange.Completion();

            Assert.Equal("5 bytes", exchange.Body);
            single += exchange.Pieces.Count == 1 && exchange.ContentLength == 7 ? 1 : 0;
        }

        // Not all: on a busy machine the watchdog may step in, or the body may be there before the read.
        Assert.InRange(single, 5, 10);
    }

    [Fact]
    public async Task A_slow_application_holds_back_the_client()
    {
        var go = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            await go.Task;
            await http.Request.Body.CopyToAsync(Stream.Null);
        });
        var body = new byte[10_000_000];

        var exchange = server.Begin(RequestBlock.Post("/", body.Length), body);
        await server.Settle();
        Assert.InRange(exchange.Granted, 1, 128 * 1024);
        go.SetResult();
        await exchange.Completion();

        Assert.Equal(body.Length, exchange.Granted);
    }

    [Fact]
    public async Task A_body_that_is_never_read_does_not_matter()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));
        var exchange = server.Exchange();
        for (var number = 0; number < 3; number++)
        {
            await exchange.Begin(RequestBlock.Post("/", 100_000), new byte[100_000]).Completion();
            Assert.Equal("Hello", exchange.Body);
        }
    }

    [Fact]
    public async Task Part_of_a_body_may_be_left()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var buffer = new byte[3];
            await http.Request.Body.ReadExactlyAsync(buffer);
            await http.Response.Body.WriteAsync(buffer);
        });
        var exchange = server.Exchange();
        for (var number = 0; number < 3; number++)
        {
            await exchange.Begin(RequestBlock.Post("/", 6), Encoding.UTF8.GetBytes($"{number}Hello")).Completion();
            Assert.Equal($"{number}He", exchange.Body);
        }
    }

    [Fact]
    public async Task Reading_and_writing_go_on_at_the_same_time()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var buffer = new byte[100];
            int length;
            while ((length = await http.Request.Body.ReadAsync(buffer)) > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, length));
            }
        });

        var exchange = server.Begin(RequestBlock.Post("/", -1), [], ends: false);
        exchange.Upload("one"u8.ToArray(), ends: false);
        await exchange.Until(seen => seen.Body == "one");
        exchange.Upload("two"u8.ToArray(), ends: false);
        await exchange.Until(seen => seen.Body == "onetwo");
        exchange.Upload("three"u8.ToArray(), ends: true);
        await exchange.Completion();

        Assert.Equal("onetwothree", exchange.Body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bodies_past_the_limit_are_413(bool known)
    {
        await using var server = await MemoryServer.Handle(
            http => http.Request.Body.CopyToAsync(Stream.Null), memory => memory.MaxRequestBodySize = 1000);

        var exchange = server.Begin(RequestBlock.Post("/", known ? 1001 : -1), new byte[1001]);
        await exchange.Completion();

        Assert.Equal(413, exchange.Status);
    }

    [Fact]
    public async Task The_web_servers_own_limit_goes_before_the_connections()
    {
        long? seen = 0;
        await using var server = await MemoryServer.Handle(http =>
        {
            seen = http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize;
            return Task.CompletedTask;
        });
        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Get("/")).Completion();
        Assert.Equal(30_000_000, seen);
        exchange.Limit = 5;
        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Equal(5, seen);
    }

    [Fact]
    public async Task The_limit_can_be_lifted_before_the_first_read_only()
    {
        Exception? late = null;
        await using var server = await MemoryServer.Handle(
            async http =>
            {
                var feature = http.Features.Get<IHttpMaxRequestBodySizeFeature>()!;
                Assert.False(feature.IsReadOnly);
                Assert.Throws<ArgumentOutOfRangeException>(() => feature.MaxRequestBodySize = -1);
                feature.MaxRequestBodySize = null;
                await http.Request.Body.CopyToAsync(http.Response.Body);
                Assert.True(feature.IsReadOnly);
                late = Record.Exception(() => feature.MaxRequestBodySize = 1);
            },
            memory => memory.MaxRequestBodySize = 2);

        var answer = await server.Send(RequestBlock.Post("/", 5), "Hello"u8.ToArray());

        Assert.Equal("Hello", answer.Body);
        Assert.IsType<InvalidOperationException>(late);
    }

    [Fact]
    public async Task Synchronous_reads_and_writes_are_refused_unless_allowed()
    {
        var refused = new List<Exception?>();
        await using var server = await MemoryServer.Handle(http =>
        {
            refused.Add(Record.Exception(() => http.Request.Body.ReadByte()));
            refused.Add(Record.Exception(() => http.Response.Body.WriteByte(1)));
            refused.Add(Record.Exception(() => http.Response.Body.Flush()));
            http.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
            var buffer = new byte[5];
            http.Request.Body.ReadExactly(buffer);
            http.Response.Body.Write(buffer);
            http.Response.Body.Flush();
            return Task.CompletedTask;
        });

        var answer = await server.Send(RequestBlock.Post("/", 5), "Hello"u8.ToArray());

        Assert.Equal(3, refused.Count);
        Assert.All(refused, exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Equal("Hello", answer.Body);
    }

    [Fact]
    public async Task Requests_without_a_body_read_as_empty()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            Assert.False(http.Features.Get<IHttpRequestBodyDetectionFeature>()!.CanHaveBody);
            Assert.True(http.Request.SupportsTrailers());
            Assert.True(http.Request.CheckTrailersAvailable());
            Assert.Equal(0, await http.Request.Body.ReadAsync(new byte[1]));
            var result = await http.Request.BodyReader.ReadAsync();
            http.Request.BodyReader.AdvanceTo(result.Buffer.End);
            await http.Response.WriteAsync($"{result.IsCompleted}{result.Buffer.Length}");
        });

        Assert.Equal("True0", (await server.Get("/")).Body);
    }

    [Fact]
    public async Task Trailers_that_came_behind_the_body_are_available_after_it()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Request.Body.CopyToAsync(http.Response.Body);
            await http.Response.WriteAsync($" {http.Request.GetTrailer("X-Own")} {http.Request.GetTrailer("ETag")}");
        });
        var exchange = server.Begin(RequestBlock.Post("/", -1), "Hello"u8.ToArray(), ends: false);
        await exchange.Until(one => one.Grants > 0);

        exchange.UploadTrailers(new RequestBlock().Header("x-own", "1").Header("x-own", "2").Header("ETag", "\"3\""));

        Assert.Equal("Hello 1,2 \"3\"", (await exchange.Completion()).Body);

        var next = await exchange.Begin(RequestBlock.Post("/", 2), "Hi"u8.ToArray()).Completion();

        Assert.Equal("Hi  ", next.Body);
    }

    [Fact]
    public async Task Trailers_are_available_and_empty_after_the_body()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var before = http.Request.CheckTrailersAvailable();
            await http.Request.Body.CopyToAsync(Stream.Null);
            await http.Response.WriteAsync($"{before}{http.Request.CheckTrailersAvailable()}{http.Request.GetTrailer("X-Own").Count}");
        });

        Assert.Equal("FalseTrue0", (await server.Send(RequestBlock.Post("/", 1), [1])).Body);
    }

    [Theory]
    [InlineData(ResetReason.Client, typeof(ConnectionResetException))]
    [InlineData(ResetReason.Body, typeof(BadHttpRequestException))]
    [InlineData(ResetReason.TooLarge, typeof(BadHttpRequestException))]
    [InlineData(ResetReason.Timeout, typeof(OperationCanceledException))]
    [InlineData(ResetReason.Shutdown, typeof(OperationCanceledException))]
    public async Task A_read_that_waits_fails_when_the_exchange_is_broken_off(ResetReason reason, Type expected)
    {
        var thrown = new TaskCompletionSource<Exception?>();
        var reading = new TaskCompletionSource();
        await using var server = await MemoryServer.Handle(async http =>
        {
            var read = http.Request.Body.ReadAsync(new byte[10]).AsTask();
            reading.SetResult();
            thrown.SetResult(await Record.ExceptionAsync(() => read));
        });

        var exchange = server.Begin(RequestBlock.Post("/", 5), [], ends: false);
        await reading.Task;
        exchange.Abort(reason);

        Assert.IsType(expected, await thrown.Task);
        await exchange.Completion();
    }

    [Fact]
    public async Task A_read_can_be_cancelled_and_repeated()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            using var source = new CancellationTokenSource();
            var read = http.Request.Body.ReadAsync(new byte[10], source.Token).AsTask();
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
            await http.Response.WriteAsync("cancelled ");
            await http.Request.Body.CopyToAsync(http.Response.Body);
        });

        var exchange = server.Begin(RequestBlock.Post("/", 5), [], ends: false);
        await exchange.Until(seen => seen.Body == "cancelled ");
        exchange.Upload("Hello"u8.ToArray(), ends: true);
        await exchange.Completion();

        Assert.Equal("cancelled Hello", exchange.Body);
    }

    [Fact]
    public async Task CancelPendingRead_gives_a_cancelled_result()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            var read = http.Request.BodyReader.ReadAsync().AsTask();
            http.Request.BodyReader.CancelPendingRead();
            var result = await read;
            http.Request.BodyReader.AdvanceTo(result.Buffer.Start);
            await http.Response.WriteAsync($"{result.IsCanceled}");
        });

        var exchange = server.Begin(RequestBlock.Post("/", 5), [], ends: false);

        Assert.Equal("True", (await exchange.Completion()).Body);
    }

    [Fact]
    public async Task A_replaced_body_stream_is_what_the_pipe_reads()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Request.Body = new MemoryStream("other"u8.ToArray());
            var result = await http.Request.BodyReader.ReadAsync();
            await http.Response.WriteAsync(Encoding.UTF8.GetString(result.Buffer));
        });

        Assert.Equal("other", (await server.Send(RequestBlock.Post("/", 5), "Hello"u8.ToArray())).Body);
    }

    [Fact]
    public async Task Reading_after_the_end_of_the_exchange_is_refused()
    {
        Stream? kept = null;
        PipeReader? reader = null;
        await using var server = await MemoryServer.Handle(http =>
        {
            kept = http.Request.Body;
            reader = http.Request.BodyReader;
            return Task.CompletedTask;
        });

        await server.Send(RequestBlock.Post("/", 5), "Hello"u8.ToArray());

        await Assert.ThrowsAnyAsync<Exception>(async () => await kept!.ReadExactlyAsync(new byte[1]));
        await Assert.ThrowsAnyAsync<Exception>(async () => await reader!.ReadAsync());
    }

    [Fact]
    public async Task A_read_that_was_left_behind_gets_nothing_of_the_next_request()
    {
        Task? stray = null;
        await using var server = await MemoryServer.Handle(async http =>
        {
            if (http.Request.Path == "/leave")
            {
                stray = http.Request.Body.ReadExactlyAsync(new byte[5]).AsTask();
                return;
            }

            await http.Request.Body.CopyToAsync(http.Response.Body);
        });
        var exchange = server.Exchange();
        for (var round = 0; round < 20; round++)
        {
            await exchange.Begin(RequestBlock.Post("/leave", 5), [], ends: false).Completion();
            await exchange.Begin(RequestBlock.Post("/", 5), "Hello"u8.ToArray()).Completion();

            Assert.Equal("Hello", exchange.Body);
            await Assert.ThrowsAnyAsync<Exception>(() => stray!);
        }
    }

    private static async Task<MemoryExchange> Echo(byte[] body)
    {
        await using var server = await MemoryServer.Handle(http => http.Request.Body.CopyToAsync(http.Response.Body));
        return await server.Send(RequestBlock.Post("/", body.Length), body);
    }
}
