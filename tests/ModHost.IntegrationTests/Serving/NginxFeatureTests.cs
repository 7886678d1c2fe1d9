using System.Globalization;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>What nginx does with requests and responses around the app.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Server", "nginx")]
public abstract class NginxFeatureTests<TRuntime>(NginxFeatureFixture<TRuntime> fixture)
    : IClassFixture<NginxFeatureFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    private ServerHost Server => fixture.Server;

    private int Port => fixture.Server.Port;

    [Fact]
    public async Task Inline_dispatch_answers_alike()
    {
        Assert.Equal("inline", (await RawConnection.Get(Port, "/inline/respond?body=inline")).Text);
        Assert.Equal("slept", (await RawConnection.Get(Port, "/inline/sleep?ms=10")).Text);
        Assert.Equal(500, (await RawConnection.Get(Port, "/inline/throw")).Status);
        var body = new string('i', 300_000);
        Assert.Equal(body, (await RawConnection.Exchange(Port,
            $"POST /inline/echo HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}", "POST")).Text);
        Assert.Equal(10_000_000, (await RawConnection.Get(Port, "/inline/bytes?n=10000000")).Body.Length);
        Assert.Equal("(none)", (await RawConnection.Get(Port, "/inline/isolation/async-local?set=leak")).Text);
        Assert.Equal("(none)", (await RawConnection.Get(Port, "/inline/isolation/async-local?set=leak")).Text);
    }

    [Fact]
    public async Task X_Accel_Redirect_hands_over_to_nginx()
    {
        var response = await RawConnection.Get(Port, "/respond?h=X-Accel-Redirect:/internal/hello.txt&h=X-Kept:no&h=Content-Type:text/x-mine&body=of%20the%20app");
        Assert.Equal(200, response.Status);
        Assert.Equal("static file\n", response.Text);
        Assert.Null(response.Header("X-Accel-Redirect"));
        Assert.Equal(404, (await RawConnection.Get(Port, "/internal/hello.txt")).Status);
    }

    [Fact]
    public async Task X_Accel_Redirect_can_lead_back_to_the_app()
    {
        var response = await RawConnection.Get(Port, "/respond?h=X-Accel-Redirect:/other/respond%3Fbody=second");
        Assert.Equal("second", response.Text);
    }

    [Fact]
    public async Task Headers_are_hidden()
    {
        var response = await RawConnection.Get(Port, "/hidden/respond?h=X-Secret:1&h=X-Open:2&body=x");
        Assert.Null(response.Header("X-Secret"));
        Assert.Equal("2", response.Header("X-Open"));
    }

    [Fact]
    public async Task Errors_are_intercepted_only_where_asked()
    {
        var intercepted = await RawConnection.Get(Port, "/intercepted/respond?status=404&body=of%20the%20app");
        Assert.Equal(404, intercepted.Status);
        Assert.Equal("static file\n", intercepted.Text);
        var own = await RawConnection.Get(Port, "/kept/respond?status=404&body=of%20the%20app");
        Assert.Equal("of the app", own.Text);
        Assert.Equal("fine", (await RawConnection.Get(Port, "/intercepted/respond?body=fine")).Text);
    }

    [Fact]
    public async Task An_error_page_may_be_made_by_the_app()
    {
        var response = await RawConnection.Get(Port, "/page-by-app/missing.txt");
        Assert.Equal(404, response.Status);
        Assert.Equal("page", response.Text);
    }

    [Theory]
    [InlineData("204", 200)]
    [InlineData("200", 200)]
    [InlineData("401", 401)]
    [InlineData("403", 403)]
    [InlineData("500", 500)]
    public async Task Auth_request_asks_the_app(string answer, int status)
    {
        var response = await RawConnection.Get(Port, "/guarded/hello.txt", $"X-Answer: {answer}\r\n");
        Assert.Equal(status, response.Status);
        if (status == 200)
        {
            Assert.Equal("static file\n", response.Text);
        }
    }

    [Fact]
    public async Task A_subrequest_has_no_body_and_no_upgrade()
    {
        // The subrequest of auth_request reads a body to its end; were it the client's, the echo would have none.
        const string body = "not for the subrequest";
        var response = await RawConnection.Exchange(Port,
            $"POST /guarded-app/echo HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}", "POST");
        Assert.Equal(body, response.Text);
    }

    [Fact]
    public async Task Server_side_includes_take_from_the_app()
    {
        await File.WriteAllTextAsync(Path.Combine(Server.Places.Static, "page.shtml"),
            "[<!--#include virtual=\"/kept/respond?body=one\" -->|<!--#include virtual=\"/kept/stream\" -->|<!--#include virtual=\"/kept/bytes?n=0\" -->]");
        var response = await RawConnection.Get(Port, "/ssi/page.shtml");
        Assert.Equal("[one|aaaaaaaaaabbbbbbbbbbcccccccccc|]", response.Text);
    }

    [Fact]
    public async Task Mirrored_requests_do_not_disturb()
    {
        var before = await Counters.Read(Port, "requests");
        Assert.Equal("mirrored", (await RawConnection.Get(Port, "/mirrored/respond?body=mirrored")).Text);
        await Counters.WaitFor(Port, "requests", count => count >= before + 2);
    }

    [Fact]
    public async Task Gzip_and_ranges_work_on_the_app_s_responses()
    {
        var response = await RawConnection.Get(Port, "/gzip/respond?h=Content-Type:text/plain&body=" + new string('z', 3000), "Accept-Encoding: gzip\r\n");
        Assert.Equal("gzip", response.Header("Content-Encoding"));
        using var unzipped = new System.IO.Compression.GZipStream(new MemoryStream(response.Body), System.IO.Compression.CompressionMode.Decompress);
        Assert.Equal(new string('z', 3000), await new StreamReader(unzipped).ReadToEndAsync());
    }

    [Fact]
    public async Task Buffered_request_bodies_reach_the_app_whole()
    {
        await using var connection = await RawConnection.Open(Port);
        var before = await Counters.Read(Port, "requests");
        await connection.Send("POST /buffered/body/length HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
        await connection.Send(new string('b', 50_000));

        // The app has not seen the request before its last byte is there.
        Assert.Equal("control", (await RawConnection.Get(Port, "/control")).Text);
        Assert.Equal(before, await Counters.Read(Port, "requests"));
        await connection.Send(new string('b', 50_000));
        Assert.StartsWith("100000 ", (await connection.Read("POST"))!.Text, StringComparison.Ordinal);
        var large = new string('c', 3_000_000);
        var echo = await RawConnection.Exchange(Port, $"POST /buffered/echo HTTP/1.1\r\nHost: a\r\nContent-Length: {large.Length}\r\n\r\n{large}", "POST");
        Assert.Equal(large, echo.Text);
    }

    [Fact]
    public async Task A_buffered_response_frees_the_app_before_the_client_has_read()
    {
        await using var connection = await RawConnection.Open(Port, receiveBuffer: 4096);
        var before = await Counters.Read(Port, "in-flight");
        await connection.Send("GET /spooled/bytes?n=20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var response = (await connection.ReadHead())!;
        await Counters.WaitFor(Port, "in-flight", count => count == before);
        await connection.ReadBody(response);
        Assert.Equal(20_000_000, response.Body.Length);
    }

    [Fact]
    public async Task Log_variables()
    {
        var key = Guid.NewGuid().ToString("N");
        await RawConnection.Get(Port, $"/respond?body={key}");
        var file = Path.Combine(Server.Places.Prefix, "app.log");
        await Wait.Until("the request is in the log", () => File.Exists(file) && File.ReadAllText(file).Contains(key, StringComparison.Ordinal));
        var line = File.ReadLines(file).Single(line => line.Contains(key, StringComparison.Ordinal)).Split(' ');
        Assert.Equal("Probe", line[0]);
        Assert.True(double.TryParse(line[1], CultureInfo.InvariantCulture, out var queue), line[1]);
        Assert.True(double.TryParse(line[2], CultureInfo.InvariantCulture, out var app), line[2]);
        Assert.InRange(queue, 0, 10);
        Assert.InRange(app, 0, 10);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Server.CheckSane();
}

/// <summary>One nginx with a location for each feature.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public sealed class NginxFeatureFixture<TRuntime> : IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    internal ServerHost Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        Server = await ServerHost.Start(new ServerSetup
        {
            Nginx = new()
            {
                Http = "log_format app '$modhost_app $modhost_queue_time $modhost_app_time $request_uri';",
                Server = """
                    access_log @PREFIX@/app.log app;
                    access_log @PREFIX@/access.log;
                    location /page-by-app/ { root @PREFIX@; error_page 404 /kept/respond?status=404&body=page; }
                    location /internal/ { internal; alias @PREFIX@/static/; }
                    location /ssi/ { ssi on; alias @PREFIX@/static/; default_type text/html; ssi_types *; }
                    location /guarded/ { auth_request /auth; alias @PREFIX@/static/; }
                    """,
            },
            Places =
            [
                new("/", $"pass {app}"),
                new("/other/", $"pass {app}"),
                new("/kept/", $"pass {app}") { Nginx = "error_page 404 /internal/hello.txt;" },
                new("/inline/", $"pass {app}; dispatch inline"),
                new("/hidden/", $"pass {app}; hide_header X-Secret"),
                new("/intercepted/", $"pass {app}; intercept_errors on") { Nginx = "error_page 404 /internal/hello.txt;" },
                new("/buffered/", $"pass {app}; request_buffering on"),
                new("/spooled/", $"pass {app}; buffering on"),
                new("/gzip/", $"pass {app}") { Nginx = "gzip on; gzip_types text/plain; gzip_min_length 100;" },
                new("/mirrored/", $"pass {app}") { Nginx = "mirror /mirror;" },
                new("/mirror", $"pass {app} path_base=/mirror") { Matching = Matching.Exact, Nginx = "internal;" },
                new("/auth", $"pass {app} path_base=/kept")
                {
                    Matching = Matching.Exact,
                    Nginx = "internal; rewrite ^ /kept/respond?status=$http_x_answer break;",
                },
                new("/guarded-app/", $"pass {app}") { Nginx = "auth_request /sub-body;" },
                new("/sub-body", $"pass {app} path_base=/kept") { Matching = Matching.Exact, Nginx = "internal; rewrite ^ /kept/body/length break;" },
            ],
        }, "/empty");
    }

    public async Task DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }
    }
}

public sealed class NginxFeatureJitTests(NginxFeatureFixture<Jit> fixture) : NginxFeatureTests<Jit>(fixture);

public sealed class NginxFeatureAotTests(NginxFeatureFixture<Aot> fixture) : NginxFeatureTests<Aot>(fixture);
