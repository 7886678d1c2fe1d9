using System.Net;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Serving;

/// <summary>What the app learns of the connection: always the web server's own view.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Set", "core")]
public abstract class ConnectionTests<TRuntime>(ConnectionFixture<TRuntime> fixture) : IClassFixture<ConnectionFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    private ServerPlaces Places => fixture.Server.Places;

    [Fact]
    public async Task Addresses_and_ports_are_those_of_the_connection()
    {
        await using var connection = await RawConnection.Open(Places.Port);
        await connection.Send("GET /features/connection HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n");
        var text = (await connection.Read())!.Text;
        Assert.StartsWith($"remote=127.0.0.1:{connection.LocalPort}\nlocal=127.0.0.1:{Places.Port}\nid=", text, StringComparison.Ordinal);

        // The connection's identifier stays, and the next connection has another.
        await connection.Send("GET /features/connection HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(text, (await connection.Read())!.Text);
        Assert.NotEqual(text.Split("id=")[1], (await RawConnection.Get(Places.Port, "/features/connection")).Text.Split("id=")[1]);
    }

    [Fact]
    public async Task A_proxy_is_believed_because_the_web_server_believes_it()
    {
        var response = await RawConnection.Get(Places.Port, "/realip/features/connection", "X-Real-IP: 203.0.113.7\r\n");
        Assert.StartsWith("remote=203.0.113.7:", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_request_has_an_identifier_of_its_own()
    {
        var first = (await RawConnection.Get(Places.Port, "/features/identifier")).Text;
        var second = (await RawConnection.Get(Places.Port, "/features/identifier")).Text;
        Assert.NotEmpty(first);
        Assert.NotEqual(first, second);
    }

    [Fact, Trait("Not", "prefork")]
    public async Task Http2_is_seen_as_http2()
    {
        using var client = Http2.Client(Places.Http2Port);
        using var response = await client.GetAsync(new Uri("/dump?x=1", UriKind.Relative));
        var dump = await response.Content.ReadAsStringAsync();
        Assert.Contains("\"protocol\": \"HTTP/2\"", dump, StringComparison.Ordinal);
        Assert.Contains($"\"host\": \"127.0.0.1:{Places.Http2Port}\"", dump, StringComparison.Ordinal);
        Assert.Contains("\"rawTarget\": \"/dump?x=1\"", dump, StringComparison.Ordinal);
        Assert.DoesNotContain("\":path\"", dump, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Tls_is_https(int version)
    {
        Skip.If(version == 2 && !Http2.IsThere, Http2.Missing);
        using var client = Http2.Client(Places.TlsPort, tls: true, version: version == 1 ? HttpVersion.Version11 : HttpVersion.Version20);
        var dump = await client.GetStringAsync(new Uri("/dump", UriKind.Relative));
        Assert.Contains("\"scheme\": \"https\"", dump, StringComparison.Ordinal);
        var tls = await client.GetStringAsync(new Uri("/features/tls", UriKind.Relative));
        Assert.StartsWith("https=True\nprotocol=Tls13\ncipher=TLS_", tls, StringComparison.Ordinal);
        Assert.EndsWith("certificate=\n", tls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_reaches_the_app()
    {
        using var client = Http2.Client(Places.TlsPort, tls: true, version: HttpVersion.Version11, certificate: Certificate.Client);
        Assert.Contains("certificate=CN=A Client\n", await client.GetStringAsync(new Uri("/features/tls", UriKind.Relative)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_of_the_server_block_are_listed()
    {
        var addresses = (await RawConnection.Get(Places.Port, "/features/addresses")).Text.Split('\n');
        Assert.Contains($"http://127.0.0.1:{Places.Port}", addresses);
        Assert.Contains($"https://127.0.0.1:{Places.TlsPort}", addresses);
        if (Settings.Server == ServerKind.Nginx)
        {
            Assert.Contains($"http://unix:{Places.Prefix}/http.sock", addresses);
        }
    }

    [Fact]
    public async Task Server_variables_come_from_the_web_server()
    {
        Assert.Equal("/features/variable", (await RawConnection.Get(Places.Port, "/features/variable?name=URI")).Text);
        Assert.Equal("constant", (await RawConnection.Get(Places.Port, "/features/variable?name=FIXED")).Text);
        Assert.Equal("(none)", (await RawConnection.Get(Places.Port, "/features/variable?name=ABSENT")).Text);
    }

    [Fact]
    public async Task A_user_that_the_web_server_authenticated_is_told_to_the_app()
    {
        // user:secret
        var refused = await RawConnection.Get(Places.Port, "/private/features/variable?name=USER");
        Assert.Equal(401, refused.Status);
        var response = await RawConnection.Get(Places.Port, "/private/features/variable?name=USER", "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
        Assert.Equal("user", response.Text);
    }

    [SkippableTheory]
    [InlineData("http1")]
    [InlineData("http2")]
    public async Task Features_that_ModHost_claims(string protocol)
    {
        Skip.If(protocol == "http2" && !Http2.IsThere, Http2.Missing);
        using var client = protocol == "http1"
            ? Http2.Client(Places.Port, version: HttpVersion.Version11)
            : Http2.Client(Places.Http2Port);
        var features = (await client.GetStringAsync(new Uri("/features", UriKind.Relative))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All((string[])["IHttpRequestFeature", "IHttpResponseFeature", "IHttpResponseBodyFeature", "IHttpConnectionFeature",
            "IHttpRequestIdentifierFeature", "IHttpRequestLifetimeFeature", "IHttpBodyControlFeature", "IHttpMaxRequestBodySizeFeature",
            "IHttpRequestBodyDetectionFeature", "IRequestBodyPipeFeature", "IServerVariablesFeature", "IConnectionLifetimeNotificationFeature",
            "IEndpointFeature", "IRouteValuesFeature"], name => Assert.Contains(name, features));
        if (protocol == "http1")
        {
            Assert.Contains("IHttpUpgradeFeature", features);
        }
        else
        {
            Assert.Contains("IHttpResetFeature", features);
            Assert.Contains("IHttpResponseTrailersFeature", features);
        }
    }

    [Fact, Trait("Not", "prefork")]
    public async Task Trailers_on_http2()
    {
        using var client = Http2.Client(Places.Http2Port);
        using var response = await client.GetAsync(new Uri("/trailers", UriKind.Relative));
        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("after the body", response.TrailingHeaders.GetValues("X-Trailer").Single());
        Assert.Equal("2", response.TrailingHeaders.GetValues("X-Second").Single());
    }

    // nginx takes them for an error of the connection.
    [Fact, Trait("Not", "prefork"), Trait("Server", "apache")]
    public async Task Request_trailers_on_http2()
    {
        (string, string)[] trailers = [("x-sum", "abc"), ("x-second", "2")];
        Assert.Equal("x-sum: abc\nx-second: 2", await RawHttp2.Post(Places.Http2Port, "/body/trailers", "body", trailers), ignoreCase: true);

        // Not /echo, which begins to answer before: mod_http2 takes no trailers then.
        Assert.StartsWith("4 ", await RawHttp2.Post(Places.Http2Port, "/body/length", "body", trailers), StringComparison.Ordinal);
    }

    [Theory, Trait("Not", "prefork")]
    [InlineData("/reset?code=8")]
    [InlineData("/abort")]
    public async Task A_reset_stream_is_no_answer(string path)
    {
        using var client = Http2.Client(Places.Http2Port);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri(path, UriKind.Relative)));
        Assert.Equal("on", await client.GetStringAsync(new Uri("/respond?body=on", UriKind.Relative)));
    }

    [Theory, Trait("Not", "prefork")]
    [InlineData("/abort/after-head")]
    [InlineData("/throw/after-head")]
    [InlineData("/throw/after-head-with-length")]
    [InlineData("/misuse/length?set=10&write=5&key=x")]
    public async Task A_broken_off_http2_response_never_looks_whole(string path)
    {
        using var client = Http2.Client(Places.Http2Port);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(new Uri(path, UriKind.Relative)));
        Assert.Equal("on", await client.GetStringAsync(new Uri("/respond?body=on", UriKind.Relative)));
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_hundred_streams_of_one_connection()
    {
        using var client = Http2.Client(Places.Http2Port);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            client.GetStringAsync(new Uri($"/respond?body=stream-{i}", UriKind.Relative))));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"stream-{i}"), answers);
    }

    [Fact, Trait("Not", "prefork")]
    public async Task Bodies_on_http2()
    {
        using var client = Http2.Client(Places.Http2Port);
        var body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        foreach (var path in (string[])["/echo", "/echo/buffered", "/echo/pipe"])
        {
            using var content = new DuplexContent(body);
            using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
            Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact, Trait("Not", "prefork")]
    public async Task A_cancelled_http2_request_fires_RequestAborted()
    {
        using var client = Http2.Client(Places.Http2Port);
        var key = Guid.NewGuid().ToString("N");
        using var cancel = new CancellationTokenSource();
        var request = client.GetAsync(new Uri("/wait-abort?key=" + key, UriKind.Relative), cancel.Token);
        await Counters.Note(Places.Port, key + "-begun");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.Equal("fired", await Counters.Note(Places.Port, key));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => fixture.Server.CheckSane();
}

/// <summary>One web server with a place for each way of knowing a client.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
public sealed class ConnectionFixture<TRuntime> : IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    // "secret", as both web servers read it.
    private const string Users = "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

    internal ServerHost Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        Server = await ServerHost.Start(new ServerSetup
        {
            Nginx = new() { Server = "listen unix:@PREFIX@/http.sock; ssl_verify_client optional_no_ca;" },
            Apache = new() { Host = "SSLVerifyClient optional_no_ca\nSSLOptions +StdEnvVars +ExportCertData" },
            Places =
            [
                new("/", $"pass {app}; variable FIXED constant")
                {
                    Nginx = "modhost_variable URI $uri; modhost_variable USER $remote_user;",
                    Apache = "ModHostVariable URI %{REQUEST_URI}\nModHostVariable USER %{REMOTE_USER}",
                },
                new("/realip/", $"pass {app}") { Nginx = "set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;" },
                new("/private/", $"pass {app}")
                {
                    Nginx = "auth_basic closed; auth_basic_user_file @PREFIX@/static/users; modhost_variable USER $remote_user;",
                    Apache = "AuthType Basic\nAuthName closed\nAuthUserFile @PREFIX@/static/users\nRequire valid-user\nModHostVariable USER %{REMOTE_USER}",
                },
            ],
            Files = { ["users"] = Users },
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

public sealed class ConnectionJitTests(ConnectionFixture<Jit> fixture) : ConnectionTests<Jit>(fixture);

public sealed class ConnectionAotTests(ConnectionFixture<Aot> fixture) : ConnectionTests<Aot>(fixture);
