using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;

namespace ModHost.Server.Tests;

public sealed class RequestTests
{
    [Fact]
    public async Task The_request_line_arrives_whole()
    {
        var request = RequestBlock.Get("/a/b?c=d&e=%20");
        request.Method = "PUT";
        request.PathBase = "/shop";
        request.Target = "/shop/a/./b?c=d&e=%20";
        Assert.Equal("PUT|http|HTTP/1.1|/shop|/a/b|?c=d&e=%20|/shop/a/./b?c=d&e=%20", await Describe(request));
    }

    [Theory]
    [InlineData(0x0100, "HTTP/1.0")]
    [InlineData(0x0101, "HTTP/1.1")]
    [InlineData(0x0200, "HTTP/2")]
    [InlineData(0x0300, "HTTP/3")]
    public async Task The_protocol_is_that_of_the_client(int version, string protocol)
    {
        var request = RequestBlock.Get("/");
        request.HttpVersion = version;
        Assert.Equal(protocol, await Echo(request, http => http.Request.Protocol));
    }

    [Fact]
    public async Task Methods_without_a_number_arrive_by_name()
    {
        var request = RequestBlock.Get("/");
        request.Method = "PROPFIND";
        Assert.Equal("PROPFIND", await Echo(request, http => http.Request.Method));
    }

    [Fact]
    public async Task Tls_makes_the_scheme_https()
    {
        var request = RequestBlock.Get("/");
        request.Traits = RequestTraits.Tls;
        Assert.Equal("https", await Echo(request, http => http.Request.Scheme));
    }

    [Theory]
    [InlineData("/a%2Fb", "/a%2Fb")]
    [InlineData("/caf\u00e9/\u65e5", "/caf\u00e9/\u65e5")]
    [InlineData("//double", "//double")]
    public async Task Paths_are_taken_as_the_web_server_decoded_them(string sent, string seen)
    {
        var request = RequestBlock.Get("/");
        request.Path = Encoding.UTF8.GetBytes(sent);
        Assert.Equal(seen, await Echo(request, http => http.Request.Path.Value!));
    }

    [Fact]
    public async Task Path_bytes_that_are_no_Utf8_stay_percent_encoded()
    {
        var request = RequestBlock.Get("/");
        request.Path = [(byte)'/', 0xff, (byte)'a', 0xc3, 0xa9, 0xc3];
        Assert.Equal("/%FFa\u00e9%C3", await Echo(request, http => http.Request.Path.Value!));
    }

    [Theory]
    [InlineData("/a%FFb", "/a%25FFb")]
    [InlineData("/a%25FFb", "/a%2525FFb")]
    [InlineData("/a%ffb", "/a%25ffb")]
    [InlineData("/100%", "/100%")]
    [InlineData("/%41%7F", "/%41%7F")]
    [InlineData("/%2541", "/%2541")]
    public async Task A_per_cent_sign_is_never_taken_for_such_a_byte(string sent, string seen)
    {
        var request = RequestBlock.Get("/");
        request.Path = Encoding.UTF8.GetBytes(sent);
        Assert.Equal(seen, await Echo(request, http => http.Request.Path.Value!));
    }

    [Fact]
    public async Task Header_names_are_found_in_any_case_known_or_not()
    {
        var request = RequestBlock.Get("/").Header("host", "example.com").Header("X-Own", "1");
        var seen = await Echo(request, http =>
            $"{http.Request.Headers["HOST"]}|{http.Request.Headers.Host}|{http.Request.Host}|{http.Request.Headers["x-own"]}");
        Assert.Equal("example.com|example.com|example.com|1", seen);
    }

    [Fact]
    public async Task Repeated_headers_keep_their_values_and_order()
    {
        var request = RequestBlock.Get("/").Header("Accept", "a").Header("X-Own", "1").Header("Accept", "b").Header("X-Own", "2");
        var seen = await Echo(request, http =>
            string.Join("+", http.Request.Headers.Accept.ToArray()) + "|" + string.Join("+", http.Request.Headers["X-Own"].ToArray()));
        Assert.Equal("a+b|1+2", seen);
    }

    [Fact]
    public async Task Headers_that_are_missing_are_empty()
    {
        var seen = await Echo(RequestBlock.Get("/"), http =>
            $"{http.Request.Headers.Accept.Count}{http.Request.Headers["X-Own"].Count}{http.Request.Headers.ContainsKey("Accept")}{http.Request.Headers.ContentLength is null}");
        Assert.Equal("00FalseTrue", seen);
    }

    [Fact]
    public async Task All_headers_are_enumerated_once()
    {
        var request = RequestBlock.Get("/").Header("X-B", "2").Header("Host", "h").Header("User-Agent", "u").Header("X-A", "1");
        var seen = await Echo(request, http =>
            string.Join(";", http.Request.Headers.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}={pair.Value}")) + "|" + http.Request.Headers.Count);
        Assert.Equal("Host=h;User-Agent=u;X-A=1;X-B=2|4", seen);
    }

    [Fact]
    public async Task Headers_can_be_changed_by_middleware()
    {
        var request = RequestBlock.Get("/").Header("Host", "h").Header("X-A", "1").Header("Accept", "a");
        var seen = await Echo(request, http =>
        {
            var headers = http.Request.Headers;
            headers.Host = "changed";
            headers["X-A"] = new StringValues(["2", "3"]);
            headers.Remove("Accept");
            headers["X-C"] = "4";
            headers.ContentLength = 5;
            return $"{headers.Host}|{headers["X-A"]}|{headers.ContainsKey("Accept")}|{headers["X-C"]}|{headers["Content-Length"]}";
        });
        Assert.Equal("changed|2,3|False|4|5", seen);
    }

    [Fact]
    public async Task Content_Length_is_a_number_and_a_header()
    {
        var request = RequestBlock.Post("/", 3).Header("Content-Length", "3");
        Assert.Equal("3|3", await Echo(request, http => $"{http.Request.ContentLength}|{http.Request.Headers["Content-Length"]}"));
    }

    [Fact]
    public async Task Values_are_read_as_Utf8()
    {
        var request = RequestBlock.Get("/").Header("X-Own", "caf\u00e9");
        Assert.Equal("caf\u00e9", await Echo(request, http => http.Request.Headers["X-Own"]!));
    }

    [Theory]
    [InlineData(new byte[] { 0xe9 })]
    [InlineData(new byte[] { (byte)'a', 0, (byte)'b' })]
    public async Task Values_that_are_no_text_are_refused_with_400(byte[] value)
    {
        var called = false;
        await using var server = await MemoryServer.Handle(_ =>
        {
            called = true;
            return Task.CompletedTask;
        });

        var answer = await server.Send(RequestBlock.Get("/").Header("X-Own", value));

        Assert.Equal(400, answer.Status);
        Assert.Equal(0, answer.ContentLength);
        Assert.False(called);
        Assert.Contains(server.Logged, line => line.Text.StartsWith("MH0407:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Latin1_values_are_read_where_the_app_says_so()
    {
        var seen = "";
        await using var server = await MemoryServer.Handle(
            http =>
            {
                seen = http.Request.Headers["X-Own"]!;
                return Task.CompletedTask;
            },
            services: services => services.Configure<ModHostServerOptions>(
                options => options.RequestHeaderEncodingSelector = _ => Encoding.Latin1));

        await server.Send(RequestBlock.Get("/").Header("X-Own", [0xe9]));

        Assert.Equal("\u00e9", seen);
    }

    [Fact]
    public async Task Nothing_of_a_request_is_seen_by_the_next()
    {
        await using var server = await MemoryServer.Handle(http =>
            http.Response.WriteAsync($"{http.Request.Headers.Count}{http.Request.Headers.Authorization}{http.Request.Headers["X-Own"]}{http.Request.QueryString}{http.Features.Get<IItemsFeature>() is null}{http.Items.Count}"));
        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Get("/?secret").Header("Authorization", "secret").Header("X-Own", "secret")).Completion();

        await exchange.Begin(RequestBlock.Get("/")).Completion();

        Assert.Equal("0True0", exchange.Body);
    }

    [Fact]
    public async Task Identifiers_have_Kestrels_form()
    {
        var request = RequestBlock.Get("/");
        request.ConnectionId = 42;
        request.RequestNumber = 0x1f;
        var seen = await Echo(request, http => $"{http.Connection.Id}|{http.TraceIdentifier}");
        var parts = seen.Split('|');
        Assert.Matches("^[0-9A-V]{13}$", parts[0]);
        Assert.Equal(parts[0] + ":0000001F", parts[1]);
    }

    [Fact]
    public async Task The_connection_is_the_clients()
    {
        var seen = await Echo(RequestBlock.Get("/"), http =>
            $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}|{http.Connection.LocalIpAddress}:{http.Connection.LocalPort}");
        Assert.Equal("192.0.2.1:50000|192.0.2.2:8080", seen);
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData("unix:", "")]
    [InlineData("", "")]
    public async Task Addresses_of_any_kind_are_read(string address, string expected)
    {
        var request = RequestBlock.Get("/");
        request.RemoteAddress = address;
        Assert.Equal(expected, await Echo(request, http => $"{http.Connection.RemoteIpAddress}"));
    }

    [Fact]
    public async Task Addresses_can_be_set_by_middleware()
    {
        Assert.Equal("203.0.113.5:9|", await Echo(RequestBlock.Get("/"), http =>
        {
            http.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("203.0.113.5");
            http.Connection.RemotePort = 9;
            http.Connection.LocalIpAddress = null;
            return $"{http.Connection.RemoteIpAddress}:{http.Connection.RemotePort}|{http.Connection.LocalIpAddress}";
        }));
    }

    private static Task<string> Describe(RequestBlock request) => Echo(request, http =>
        string.Join('|', http.Request.Method, http.Request.Scheme, http.Request.Protocol, http.Request.PathBase, http.Request.Path, http.Request.QueryString, http.Features.Get<IHttpRequestFeature>()!.RawTarget));

    private static async Task<string> Echo(RequestBlock request, Func<HttpContext, string> read)
    {
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync(read(http)));
        return (await server.Send(request)).Body;
    }
}
