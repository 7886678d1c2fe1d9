using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;
using ModHost.Server.Transport;

namespace ModHost.Server.Tests;

public sealed class ResponseTests
{
    [Fact]
    public async Task Status_reason_and_headers_go_out()
    {
        var answer = await Answer(http =>
        {
            http.Response.StatusCode = 418;
            http.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "Short and stout";
            http.Response.Headers.ETag = "\"1\"";
            http.Response.Headers["X-Own"] = "own";
            http.Response.Headers.Append("Set-Cookie", "a=1");
            http.Response.Headers.Append("Set-Cookie", "b=2");
            return Task.CompletedTask;
        });

        Assert.Equal(418, answer.Status);
        Assert.Equal("Short and stout", System.Text.Encoding.UTF8.GetString(new ResponseHead(answer.ResponseHeadBlock).Reason));
        Assert.Equal("\"1\"", answer.Headers["ETag"]);
        Assert.Equal("own", answer.Headers["X-Own"]);
        Assert.Equal("a=1, b=2", answer.Headers["Set-Cookie"]);
    }

    [Fact]
    public async Task Date_and_Server_are_left_to_the_web_server()
    {
        var answer = await Answer(_ => Task.CompletedTask);

        Assert.False(answer.Headers.ContainsKey("Server"));
        Assert.False(answer.Headers.ContainsKey("Date"));
        Assert.False(answer.Headers.ContainsKey("Content-Length"));
    }

    [Fact]
    public async Task Heads_larger_than_the_web_servers_room_go_out_whole()
    {
        var answer = await Answer(http =>
        {
            for (var number = 0; number < 32; number++)
            {
                http.Response.Headers[$"X-{number}"] = new string('x', 1000);
            }

            return Task.CompletedTask;
        });

        Assert.Equal(32, answer.Headers.Count);
        Assert.All(answer.Headers.Values, value => Assert.Equal(1000, value.Length));
    }

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\u007fb")]
    [InlineData("caf\u00e9")]
    public async Task Values_with_forbidden_characters_are_refused_when_they_are_set(string value)
    {
        Exception? known = null, unknown = null;
        await Answer(http =>
        {
            known = Record.Exception(() => http.Response.Headers.ContentType = value);
            unknown = Record.Exception(() => http.Response.Headers["X-Own"] = value);
            return Task.CompletedTask;
        });

        Assert.IsType<InvalidOperationException>(known);
        Assert.IsType<InvalidOperationException>(unknown);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a\r\nb")]
    [InlineData("a:")]
    public async Task Names_that_are_no_token_are_refused(string name)
    {
        Exception? thrown = null;
        await Answer(http =>
        {
            thrown = Record.Exception(() => http.Response.Headers[name] = "1");
            return Task.CompletedTask;
        });

        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Fact]
    public async Task More_than_Ascii_goes_out_as_Utf8_where_the_app_says_so()
    {
        await using var server = await MemoryServer.Handle(
            http =>
            {
                http.Response.Headers["X-Own"] = "caf\u00e9";
                return Task.CompletedTask;
            },
            services: services => services.Configure<ModHostServerOptions>(
                options => options.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.UTF8));

        Assert.Equal("caf\u00e9", (await server.Get("/")).Headers["X-Own"]);
    }

    [Fact]
    public async Task Reasons_with_control_characters_are_refused()
    {
        Exception? thrown = null;
        await Answer(http =>
        {
            thrown = Record.Exception(() => http.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "a\r\nX: y");
            return Task.CompletedTask;
        });

        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Fact]
    public async Task After_the_start_status_and_headers_are_fixed()
    {
        var thrown = new List<Exception?>();
        var answer = await Answer(async http =>
        {
            await http.Response.StartAsync();
            thrown.Add(Record.Exception(() => http.Response.StatusCode = 500));
            thrown.Add(Record.Exception(() => http.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "x"));
            thrown.Add(Record.Exception(() => http.Response.Headers.ETag = "x"));
            thrown.Add(Record.Exception(() => http.Response.Headers["X-Own"] = "x"));
            thrown.Add(Record.Exception(() => http.Response.Headers.Remove("ETag")));
            thrown.Add(Record.Exception(() => http.Response.Headers.Clear()));
            thrown.Add(Record.Exception(() => http.Response.ContentLength = 1));
            thrown.Add(Record.Exception(() => http.Response.OnStarting(() => Task.CompletedTask)));
        });

        Assert.Equal(8, thrown.Count);
        Assert.All(thrown, exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    [InlineData(205)]
    public async Task Bodies_are_refused_where_the_status_has_none(int status)
    {
        Exception? thrown = null;
        var answer = await Answer(async http =>
        {
            http.Response.StatusCode = status;
            thrown = await Record.ExceptionAsync(() => http.Response.WriteAsync("no"));
        });

        Assert.IsType<InvalidOperationException>(thrown);
        Assert.Equal(status, answer.Status);
        Assert.Equal("", answer.Body);
        Assert.Equal(ResponseTraits.NoBody, new ResponseHead(answer.ResponseHeadBlock).Traits);
        Assert.True(answer.Ended);
    }

    [Fact]
    public async Task Answers_to_HEAD_keep_their_length_and_lose_their_body()
    {
        var request = RequestBlock.Get("/");
        request.Method = "HEAD";
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Response.ContentLength = 5;
            await http.Response.WriteAsync("Hello");
        });

        var answer = await server.Send(request);

        Assert.Equal(200, answer.Status);
        Assert.Equal(5, answer.ContentLength);
        Assert.Equal("", answer.Body);
        Assert.True(answer.Ended);
    }

    [Fact]
    public async Task Answers_to_HEAD_without_a_length_claim_none()
    {
        var request = RequestBlock.Get("/");
        request.Method = "HEAD";
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));

        var answer = await server.Send(request);

        Assert.Equal(-1, answer.ContentLength);
        Assert.Equal("", answer.Body);
    }

    [Theory]
    [InlineData(204, -1)]
    [InlineData(304, -1)]
    [InlineData(205, 0)]
    [InlineData(200, 0)]
    [InlineData(404, 0)]
    public async Task Empty_answers_claim_length_0_where_they_may(int status, long length)
    {
        var answer = await Answer(http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        Assert.Equal(length, answer.ContentLength);
    }

    [Fact]
    public async Task Too_many_bytes_for_Content_Length_are_refused()
    {
        Exception? thrown = null;
        var answer = await Answer(async http =>
        {
            http.Response.ContentLength = 5;
            await http.Response.WriteAsync("Hello");
            thrown = await Record.ExceptionAsync(() => http.Response.WriteAsync("!"));
        });

        Assert.IsType<InvalidOperationException>(thrown);
        Assert.Equal("Hello", answer.Body);
        Assert.True(answer.Ended);
    }

    [Fact]
    public async Task Too_few_bytes_for_Content_Length_break_the_answer_off()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Response.ContentLength = 10;
            await http.Response.WriteAsync("Hello");
        });

        var answer = await server.Get("/");

        Assert.False(answer.Ended);
        Assert.Equal(ResetReason.App, answer.WasReset);
        Assert.Equal("Hello", answer.Body);
        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0401:", StringComparison.Ordinal) && line.Exception!.Message.Contains("too few", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_length_without_a_body_becomes_500()
    {
        var answer = await Answer(http =>
        {
            http.Response.ContentLength = 10;
            return Task.CompletedTask;
        });

        Assert.Equal(500, answer.Status);
        Assert.Equal(0, answer.ContentLength);
    }

    [Fact]
    public async Task Content_Length_that_is_no_number_is_refused()
    {
        Exception? thrown = null;
        await Answer(http =>
        {
            thrown = Record.Exception(() => http.Response.Headers["Content-Length"] = "ten");
            return Task.CompletedTask;
        });

        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Theory]
    [InlineData(0x0101, "close")]
    [InlineData(0x0200, "")]
    public async Task Headers_of_the_connection_are_the_web_servers(int version, string connection)
    {
        var request = RequestBlock.Get("/");
        request.HttpVersion = version;
        await using var server = await MemoryServer.Handle(http =>
        {
            http.Response.Headers.TransferEncoding = "chunked";
            http.Response.Headers.KeepAlive = "timeout=5";
            http.Response.Headers["Proxy-Connection"] = "keep-alive";
            http.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });

        var headers = (await server.Send(request)).Headers;

        Assert.Equal(connection, headers.GetValueOrDefault("Connection", ""));
        Assert.Equal(connection.Length > 0 ? 1 : 0, headers.Count);
    }

    [Fact]
    public async Task Transfer_Encoding_on_204_is_an_error()
    {
        var answer = await Answer(http =>
        {
            http.Response.StatusCode = 204;
            http.Response.Headers.TransferEncoding = "chunked";
            return Task.CompletedTask;
        });

        Assert.Equal(500, answer.Status);
    }

    [Fact]
    public async Task Callbacks_run_last_first_and_may_still_set_headers()
    {
        var order = "";
        var answer = await Answer(async http =>
        {
            http.Response.OnCompleted(() => Note("c1"));
            http.Response.OnCompleted(() => Note("c2"));
            http.Response.OnStarting(() => Note("s1"));
            http.Response.OnStarting(async () =>
            {
                await Task.Yield();
                http.Response.Headers["X-Late"] = "1";
                await Note("s2");
            });
            await http.Response.WriteAsync("Hello");
            order += "w ";
        });

        Task Note(string what)
        {
            order += what + " ";
            return Task.CompletedTask;
        }

        Assert.Equal("s2 s1 w c2 c1 ", order);
        Assert.Equal("1", answer.Headers["X-Late"]);
    }

    [Fact]
    public async Task OnStarting_runs_for_an_answer_without_a_body()
    {
        var answer = await Answer(http =>
        {
            http.Response.OnStarting(() =>
            {
                http.Response.Headers["X-Late"] = "1";
                return Task.CompletedTask;
            });
            return Task.CompletedTask;
        });

        Assert.Equal("1", answer.Headers["X-Late"]);
    }

    [Fact]
    public async Task An_exception_in_OnStarting_becomes_500()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Response.Headers["X-Own"] = "1";
            http.Response.OnStarting(() => throw new FormatException("from OnStarting"));
            await http.Response.WriteAsync("Hello");
        });

        var answer = await server.Get("/");

        Assert.Equal(500, answer.Status);
        Assert.Empty(answer.Headers);
        Assert.Equal("", answer.Body);
        Assert.Contains(server.Logged, line => line.Exception is FormatException);
    }

    [Fact]
    public async Task An_exception_in_OnCompleted_is_logged_and_the_others_run()
    {
        var ran = false;
        await using var server = await MemoryServer.Handle(http =>
        {
            http.Response.OnCompleted(() =>
            {
                ran = true;
                return Task.CompletedTask;
            });
            http.Response.OnCompleted(() => throw new FormatException("from OnCompleted"));
            return http.Response.WriteAsync("Hello");
        });

        var answer = await server.Get("/");

        Assert.True(answer.Ended);
        Assert.True(ran);
        Assert.Contains(server.Logged, line => line.Level == LogLevel.Error && line.Exception is FormatException);
    }

    [Fact]
    public async Task An_exception_before_the_start_becomes_500_without_what_was_prepared()
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            http.Response.Headers["X-Own"] = "1";
            http.Response.BodyWriter.GetSpan(10)[0] = (byte)'x';
            http.Response.BodyWriter.Advance(10);
            throw new FormatException("from the handler");
        });

        var answer = await server.Get("/");

        Assert.Equal(500, answer.Status);
        Assert.Empty(answer.Headers);
        Assert.Equal("", answer.Body);
        Assert.Equal(0, answer.ContentLength);
        var line = Assert.Single(server.Logged, line => line.Exception is FormatException);
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Matches("^MH0401: Connection id \"[0-9A-V]{13}\", Request id \"[0-9A-V]{13}:00000001\": An unhandled exception was thrown by the application: GET /.*$", line.Text);
    }

    [Fact]
    public async Task An_exception_after_the_start_breaks_the_answer_off()
    {
        await using var server = await MemoryServer.Handle(async http =>
        {
            await http.Response.WriteAsync("Hello");
            throw new FormatException("from the handler");
        });

        var answer = await server.Get("/");

        Assert.Equal(200, answer.Status);
        Assert.Equal("Hello", answer.Body);
        Assert.False(answer.Ended);
        Assert.Equal(ResetReason.App, answer.WasReset);
    }

    [Fact]
    public async Task Detailed_errors_show_the_exception()
    {
        await using var server = await MemoryServer.Handle(
            _ => throw new FormatException("the detail"), memory => memory.DetailedErrors = true);

        var answer = await server.Get("/");

        Assert.Equal(500, answer.Status);
        Assert.Contains("FormatException: the detail", answer.Body, StringComparison.Ordinal);
        Assert.Equal(answer.BodyBytes.Length, answer.ContentLength);
        Assert.Equal("text/plain; charset=utf-8", answer.Headers["Content-Type"]);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(408)]
    [InlineData(413)]
    public async Task Bad_requests_found_by_the_app_have_their_status(int status)
    {
        await using var server = await MemoryServer.Handle(_ => throw new BadHttpRequestException("bad", status));

        var answer = await server.Get("/");

        Assert.Equal(status, answer.Status);
        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0402:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unhandled_exception_is_logged_with_method_and_path_and_without_the_query()
    {
        await using var server = await MemoryServer.Handle(_ => throw new InvalidOperationException("boom"));

        await server.Get("/orders/7?key=secret");

        var line = Assert.Single(server.Logged, line => line.Text.StartsWith("MH0401:", StringComparison.Ordinal));
        Assert.EndsWith("thrown by the application: GET /orders/7", line.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task More_headers_than_a_head_has_room_for_break_the_response_off(bool trailers)
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var headers = trailers ? http.Features.Get<IHttpResponseTrailersFeature>()!.Trailers : http.Response.Headers;
            headers["X-Many"] = Enumerable.Repeat("v", ResponseHeadWriter.MostFields + 1).ToArray();
            return Task.CompletedTask;
        });
        var request = RequestBlock.Get("/");
        request.HttpVersion = 0x0200;

        var answer = await server.Send(request);

        Assert.Equal(ResetReason.App, answer.WasReset);
        Assert.Empty(answer.Pieces);
        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0408:", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Logged, line => line.Text.StartsWith("MH0406:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(103)]
    [InlineData(99)]
    [InlineData(600)]
    [InlineData(-1)]
    public async Task Statuses_outside_the_range_become_500(int status)
    {
        var answer = await Answer(http =>
        {
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        Assert.Equal(500, answer.Status);
    }

    [Fact]
    public async Task Trailers_go_out_with_the_end_on_Http2()
    {
        var request = RequestBlock.Get("/");
        request.HttpVersion = 0x0200;
        await using var server = await MemoryServer.Handle(async http =>
        {
            Assert.True(http.Response.SupportsTrailers());
            http.Response.DeclareTrailer("grpc-status");
            await http.Response.WriteAsync("Hello");
            http.Response.AppendTrailer("grpc-status", "0");
            http.Response.AppendTrailer("X-Own", "1");
        });

        var answer = await server.Send(request);

        Assert.Equal("0", answer.Trailers["Grpc-Status"]);
        Assert.Equal("1", answer.Trailers["X-Own"]);
        Assert.Equal(-1, answer.ContentLength);
        Assert.True(answer.Pieces[^1].IsEnd);
    }

    [Fact]
    public async Task Trailers_are_not_offered_on_Http11()
    {
        await Answer(http =>
        {
            Assert.False(http.Response.SupportsTrailers());
            Assert.Null(http.Features.Get<IHttpResetFeature>());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Reset_on_Http2_ends_the_exchange()
    {
        var request = RequestBlock.Get("/");
        request.HttpVersion = 0x0200;
        await using var server = await MemoryServer.Handle(async http =>
        {
            http.Features.Get<IHttpResetFeature>()!.Reset(2);
            Assert.True(http.RequestAborted.IsCancellationRequested);
            await http.Response.WriteAsync("late");
        });

        var answer = await server.Send(request);

        Assert.Equal(ResetReason.App, answer.WasReset);
        Assert.Equal("", answer.Body);
    }

    [Fact]
    public async Task A_refused_send_is_logged_and_ends_quietly()
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync("Hello"));
        var exchange = server.Exchange();
        exchange.Answer = SendResult.Refused;

        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0403:", StringComparison.Ordinal));
    }

    private static async Task<MemoryExchange> Answer(RequestDelegate handler)
    {
        await using var server = await MemoryServer.Handle(handler);
        var answer = await server.Get("/");
        Assert.True(answer.Status > 0);
        return answer;
    }
}
