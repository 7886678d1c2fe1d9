using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>What Apache's own modules do with requests and responses around the app.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Server", "apache"), Trait("Set", "core")]
public abstract class ApacheFeatureTests<TRuntime>(ApacheFeatureFixture<TRuntime> fixture)
    : IClassFixture<ApacheFeatureFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    private ServerHost Server => fixture.Server;

    private int Port => fixture.Server.Port;

    [Fact]
    public async Task Mod_deflate_compresses_responses_and_decompresses_requests()
    {
        var text = new string('z', 3000);
        var response = await RawConnection.Get(Port, "/deflate/respond?h=Content-Type:text/plain&body=" + text, "Accept-Encoding: gzip\r\n");
        Assert.Equal("gzip", response.Header("Content-Encoding"));
        using var unzipped = new GZipStream(new MemoryStream(response.Body), CompressionMode.Decompress);
        Assert.Equal(text, await new StreamReader(unzipped).ReadToEndAsync());

        using var body = new MemoryStream();
        await using (var zip = new GZipStream(body, CompressionMode.Compress, leaveOpen: true))
        {
            await zip.WriteAsync(Encoding.ASCII.GetBytes(text));
        }

        await using var connection = await RawConnection.Open(Port);
        await connection.Send($"POST /deflate/echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: {body.Length}\r\n\r\n");
        await connection.Send(body.ToArray());
        Assert.Equal(text, (await connection.Read("POST"))!.Text);
    }

    [Fact]
    public async Task Mod_headers_changes_both_sides()
    {
        var response = await RawConnection.Get(Port, "/headers-module/dump", "X-Taken: 1\r\n");
        Assert.Equal("by Apache", response.Header("X-Set"));
        Assert.Contains("X-Given", response.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("X-Taken", response.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("kept and more", (await RawConnection.Get(Port, "/headers-module/respond?h=X-Own:kept&body=x")).Header("X-Own"));
    }

    [Fact]
    public async Task Mod_ratelimit_slows_the_response_down_and_it_is_whole()
    {
        var watch = Stopwatch.StartNew();
        var response = await RawConnection.Get(Port, "/ratelimit/bytes?n=600000");
        Assert.Equal(600_000, response.Body.Length);

        // 200 KiB a second: it could not have been faster.
        Assert.InRange(watch.Elapsed.TotalSeconds, 2, 60);
    }

    [Fact]
    public async Task Mod_rewrite_changes_what_the_app_routes_and_not_what_the_client_sent()
    {
        var response = await RawConnection.Get(Port, "/old/a%20b?x=1");
        Assert.Contains("\"path\": \"/dump/a b\"", response.Text, StringComparison.Ordinal);
        Assert.Contains("\"query\": \"?x=1\"", response.Text, StringComparison.Ordinal);
        Assert.Contains("\"rawTarget\": \"/old/a%20b?x=1\"", response.Text, StringComparison.Ordinal);
        Assert.Equal(410, (await RawConnection.Get(Port, "/gone/dump")).Status);
    }

    [Fact]
    public async Task Access_is_decided_before_the_app()
    {
        var before = await Counters.Read(Port, "requests");
        Assert.Equal(403, (await RawConnection.Get(Port, "/forbidden/empty")).Status);
        Assert.Equal(401, (await RawConnection.Get(Port, "/private/empty")).Status);
        Assert.Equal(401, (await RawConnection.Get(Port, "/private/empty", "Authorization: Basic dXNlcjp3cm9uZw==\r\n")).Status);
        Assert.Equal(before, await Counters.Read(Port, "requests"));
        Assert.Equal("user", (await RawConnection.Get(Port, "/private/features/variable?name=REMOTE_USER", "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n")).Text);
    }

    [Fact]
    public async Task The_environment_of_a_request_is_server_variables()
    {
        Assert.Equal("from mod_env", (await RawConnection.Get(Port, "/variables/features/variable?name=BY_ENV")).Text);
        Assert.Equal("found", (await RawConnection.Get(Port, "/variables/features/variable?name=BY_SETENVIF", "X-Find: me\r\n")).Text);
        Assert.Equal("/variables/features/variable", (await RawConnection.Get(Port, "/variables/features/variable?name=BY_EXPRESSION")).Text);
        Assert.Equal("(none)", (await RawConnection.Get(Port, "/variables/features/variable?name=BY_NOBODY")).Text);
    }

    [Fact]
    public async Task Server_side_includes_take_from_the_app()
    {
        await File.WriteAllTextAsync(Path.Combine(Server.Places.Static, "page.shtml"),
            "[<!--#include virtual=\"/respond?body=one\" -->|<!--#include virtual=\"/stream\" -->|<!--#include virtual=\"/bytes?n=0\" -->]");
        var response = await RawConnection.Get(Port, "/ssi/page.shtml");
        Assert.Equal("[one|aaaaaaaaaabbbbbbbbbbcccccccccc|]", response.Text);
    }

    [Fact]
    public async Task An_error_document_may_be_made_by_the_app()
    {
        var response = await RawConnection.Get(Port, "/page-by-app/missing.txt");
        Assert.Equal(404, response.Status);
        Assert.Equal("page", response.Text);
    }

    [Fact]
    public async Task Errors_are_intercepted_only_where_asked()
    {
        var intercepted = await RawConnection.Get(Port, "/intercepted/respond?status=404&body=of%20the%20app");
        Assert.Equal(404, intercepted.Status);
        Assert.Equal("static file\n", intercepted.Text);
        Assert.Equal("of the app", (await RawConnection.Get(Port, "/kept/respond?status=404&body=of%20the%20app")).Text);
        Assert.Equal("fine", (await RawConnection.Get(Port, "/intercepted/respond?body=fine")).Text);
    }

    [Fact]
    public async Task Headers_are_hidden()
    {
        var response = await RawConnection.Get(Port, "/hidden/respond?h=X-Secret:1&h=X-Open:2&body=x");
        Assert.Null(response.Header("X-Secret"));
        Assert.Equal("2", response.Header("X-Open"));
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

    [SkippableFact]
    public async Task A_file_of_the_app_is_sent_by_the_kernel_where_Apache_may()
    {
        Skip.IfNot(File.Exists("/usr/bin/strace"), "strace is not installed");
        var large = new byte[1_000_000];
        new Random(2).NextBytes(large);
        var file = Path.Combine(Server.Places.Static, "large.bin");
        await File.WriteAllBytesAsync(file, large);
        await using var trace = Child.Start("/usr/bin/strace",
            ["-f", "-e", "trace=sendfile", .. Server.Workers.SelectMany(worker => (string[])["-p", $"{worker}"])], Server.Places.Prefix);
        await Wait.Until("the calls are watched", () => trace.Output.Contains("attached", StringComparison.Ordinal) || trace.HasExited);
        Skip.If(trace.HasExited, "strace may not watch here");
        await Wait.Until("the file was sent by the kernel", async () =>
        {
            Assert.Equal(large, (await RawConnection.Get(Port, "/file?path=" + file)).Body);
            return trace.Output.Contains("sendfile(", StringComparison.Ordinal);
        });
        Signal.Send(trace.Id, Signal.Int);
        await trace.Exited();
    }

    [Theory]
    [InlineData("/section/dump/x", "/section", "/dump/x")]
    [InlineData("/section", "/section", "")]
    [InlineData("/section-based/dump", "/section-based/dump", "")]
    [InlineData("/matched/a", "", "/matched/a")]
    public async Task A_section_may_pass_to_an_app(string target, string pathBase, string path)
    {
        var text = (await RawConnection.Get(Port, target)).Text;
        Assert.Contains($"\"pathBase\": \"{pathBase}\"", text, StringComparison.Ordinal);
        Assert.Contains($"\"path\": \"{path}\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_handler_tells_of_the_app()
    {
        var json = await RawConnection.Get(Port, "/status");
        Assert.Equal(200, json.Status);
        Assert.Contains("\"applications\"", json.Text, StringComparison.Ordinal);
        Assert.Contains("Probe", json.Text, StringComparison.Ordinal);
        var metrics = await RawConnection.Get(Port, "/status?format=openmetrics");
        Assert.Contains("modhost_web_", metrics.Text, StringComparison.Ordinal);
        Assert.EndsWith("# EOF\n", metrics.Text, StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Server.CheckSane();
}

/// <summary>One Apache with a place for each module.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public sealed class ApacheFeatureFixture<TRuntime> : IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    internal ServerHost Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        Server = await ServerHost.Start(new ServerSetup
        {
            Files = { ["users"] = "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" },
            Apache = new()
            {
                Main = $"EnableSendfile On\nLoadModule include_module {Settings.ApacheModules}/mod_include.so",
                Host = """
                    RewriteEngine on
                    RewriteRule ^/old/(.*)$ /dump/$1 [PT]
                    RewriteRule ^/gone/ - [G]
                    Alias /page-by-app @PREFIX@/static
                    Alias /ssi @PREFIX@/static
                    <Location "/page-by-app">
                        ErrorDocument 404 /respond?status=404&body=page
                    </Location>
                    <Location "/ssi">
                        Options +Includes
                        SetOutputFilter INCLUDES
                    </Location>
                    <Location "/status">
                        SetHandler modhost-status
                    </Location>
                    """,
            },
            Places =
            [
                new("/", $"pass {app}"),
                new("/deflate/", $"pass {app}") { Apache = "SetOutputFilter DEFLATE\nSetInputFilter DEFLATE" },
                new("/headers-module/", $"pass {app}")
                {
                    Apache = "Header set X-Set \"by Apache\"\nHeader edit X-Own ^kept$ \"kept and more\"\nRequestHeader set X-Given 1\nRequestHeader unset X-Taken",
                },
                new("/ratelimit/", $"pass {app}") { Apache = "SetOutputFilter RATE_LIMIT\nSetEnv rate-limit 200" },
                new("/forbidden/", $"pass {app}") { Apache = "Require all denied" },
                new("/private/", $"pass {app}") { Apache = "AuthType Basic\nAuthName closed\nAuthUserFile @PREFIX@/static/users\nRequire valid-user" },
                new("/variables/", $"pass {app}")
                {
                    Apache = "SetEnv BY_ENV \"from mod_env\"\nSetEnvIf X-Find me BY_SETENVIF=found\nModHostVariable BY_EXPRESSION %{REQUEST_URI}",
                },
                new("/kept/", $"pass {app}") { Apache = "ErrorDocument 404 /static/hello.txt" },
                new("/intercepted/", $"pass {app}; intercept_errors on") { Apache = "ErrorDocument 404 /static/hello.txt" },
                new("/hidden/", $"pass {app}; hide_header X-Secret"),
                new("/buffered/", $"pass {app}; request_buffering on"),
                new("/spooled/", $"pass {app}; buffering on"),
                new("/section/", $"pass {app}") { InSection = true },
                new("/section-based/", $"pass {app} path_base=/section-based/dump") { InSection = true },
                new("^/matched/", $"pass {app}") { Matching = Matching.Regex },
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

public sealed class ApacheFeatureJitTests(ApacheFeatureFixture<Jit> fixture) : ApacheFeatureTests<Jit>(fixture);

public sealed class ApacheFeatureAotTests(ApacheFeatureFixture<Aot> fixture) : ApacheFeatureTests<Aot>(fixture);
