using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModHost.Protocol;
using ModHost.Server.Tests.InMemoryTransport;

namespace ModHost.Server.Tests;

public sealed class FeatureTests
{
    public static TheoryData<Type> Always =>
    [
        typeof(IHttpRequestFeature), typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature),
        typeof(IHttpConnectionFeature), typeof(IHttpRequestIdentifierFeature), typeof(IHttpRequestLifetimeFeature),
        typeof(IHttpBodyControlFeature), typeof(IHttpMaxRequestBodySizeFeature), typeof(IHttpRequestBodyDetectionFeature),
        typeof(IRequestBodyPipeFeature), typeof(IHttpRequestTrailersFeature), typeof(IHttpUpgradeFeature),
        typeof(IServerVariablesFeature), typeof(IConnectionLifetimeNotificationFeature),
        typeof(IEndpointFeature), typeof(IRouteValuesFeature),
    ];

    [Theory]
    [MemberData(nameof(Always))]
    public async Task Every_request_has_the_feature_and_it_can_be_replaced(Type type)
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var feature = http.Features[type];
            Assert.NotNull(feature);
            Assert.Contains(http.Features, pair => pair.Key == type && pair.Value == feature);
            http.Features[type] = null;
            Assert.Null(http.Features[type]);
            http.Features[type] = feature;
            Assert.Same(feature, http.Features[type]);
            http.Response.Headers["X-Ok"] = "1";
            return Task.CompletedTask;
        });

        var exchange = server.Exchange();
        await exchange.Begin(RequestBlock.Get("/")).Completion();
        Assert.Equal("1", exchange.Headers["X-Ok"]);
    }

    [Fact]
    public async Task What_middleware_sets_is_found_and_gone_with_the_request()
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var revision = http.Features.Revision;
            Assert.Null(http.Features.Get<IBadRequestExceptionFeature>());
            Assert.Null(http.Features.Get<FeatureTests>());
            http.Features.Set(this);
            http.Features.Set<IStatusCodePagesFeature>(new StatusCodePagesFeature());
            http.Features.Set<IHttpConnectionFeature>(null);
            Assert.Same(this, http.Features.Get<FeatureTests>());
            Assert.NotNull(http.Features.Get<IStatusCodePagesFeature>());
            Assert.Null(http.Features.Get<IHttpConnectionFeature>());
            Assert.True(http.Features.Revision > revision);
            http.Features.Set<FeatureTests>(null);
            Assert.Null(http.Features[typeof(FeatureTests)]);
            http.Features.Set(this);
            return http.Response.WriteAsync("Hello");
        });
        var exchange = server.Exchange();
        for (var round = 0; round < 2; round++)
        {
            await exchange.Begin(RequestBlock.Get("/")).Completion();
            Assert.Equal("Hello", exchange.Body);
        }
    }

    [Fact]
    public async Task Tls_features_are_there_with_Tls_only()
    {
        var request = RequestBlock.Get("/");
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync(
            $"{http.Features.Get<ITlsConnectionFeature>() is null} {http.Features.Get<ITlsHandshakeFeature>() is null} {http.Connection.ClientCertificate is null}"));

        Assert.Equal("True True True", (await server.Send(request)).Body);
        request.Traits = RequestTraits.Tls;
        Assert.Equal("False False True", (await server.Send(request)).Body);
    }

    [Fact]
    public async Task The_handshake_is_told()
    {
        var request = RequestBlock.Get("/");
        request.Traits = RequestTraits.Tls;
        request.TlsProtocol = "TLSv1.3";
        request.TlsCipher = "TLS_AES_256_GCM_SHA384";
        request.TlsServerName = "shop.example";
        await using var server = await MemoryServer.Handle(http =>
        {
            var tls = http.Features.Get<ITlsHandshakeFeature>()!;
            Assert.Equal(SslProtocols.Tls13, tls.Protocol);
            Assert.Equal(TlsCipherSuite.TLS_AES_256_GCM_SHA384, tls.NegotiatedCipherSuite);
            return http.Response.WriteAsync(tls.HostName);
        });

        Assert.Equal("shop.example", (await server.Send(request)).Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_certificate_is_read_from_Der_and_Pem(bool pem)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        var request = RequestBlock.Get("/");
        request.Traits = RequestTraits.Tls;
        request.TlsClientCertificate = pem ? Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()) : certificate.RawData;
        await using var server = await MemoryServer.Handle(async http =>
        {
            var found = await http.Connection.GetClientCertificateAsync();
            await http.Response.WriteAsync($"{found!.Subject} {found.Thumbprint} {ReferenceEquals(found, http.Connection.ClientCertificate)}");
        });

        Assert.Equal($"CN=client {certificate.Thumbprint} True", (await server.Send(request)).Body);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_counts_as_none()
    {
        var request = RequestBlock.Get("/");
        request.Traits = RequestTraits.Tls;
        request.TlsClientCertificate = "0junk"u8.ToArray();
        await using var server = await MemoryServer.Handle(http => http.Response.WriteAsync($"{http.Connection.ClientCertificate is null}"));

        Assert.Equal("True", (await server.Send(request)).Body);
    }

    [Fact]
    public async Task Server_variables_are_found_in_any_case_and_can_be_set()
    {
        await using var server = await MemoryServer.Handle(http =>
        {
            var variables = http.Features.Get<IServerVariablesFeature>()!;
            variables["OWN"] = "set";
            return http.Response.WriteAsync($"{http.GetServerVariable("geo")} {http.GetServerVariable("Own")} {http.GetServerVariable("none") is null}");
        });

        Assert.Equal("AT set True", (await server.Send(RequestBlock.Get("/").Variable("GEO", "AT"))).Body);
    }

    [Theory]
    [InlineData(true, "anna Basic True")]
    [InlineData(false, "  False")]
    public async Task The_web_servers_user_is_believed_only_where_the_app_says_so(bool opted, string expected)
    {
        var request = RequestBlock.Get("/");
        request.RemoteUser = "anna";
        request.AuthType = "Basic";
        await using var server = await MemoryServer.Handle(
            http => http.Response.WriteAsync($"{http.User.Identity?.Name} {http.User.Identity?.AuthenticationType} {http.User.Identity?.IsAuthenticated ?? false}"),
            services: services => services.Configure<ModHostServerOptions>(options => options.UseWebServerUser = opted));

        Assert.Equal(expected, (await server.Send(request)).Body);
    }

    [Fact]
    public async Task What_the_app_told_Kestrel_holds_here_too()
    {
        var seen = "";
        await using var server = await MemoryServer.Handle(
            http =>
            {
                seen = $"{http.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO} {http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize is null} {http.Request.Headers["X-Own"]}";
                http.Response.Headers["X-Own"] = "\u00e9";
                return Task.CompletedTask;
            },
            services: services =>
            {
                services.AddSingleton<IConfigureOptions<ModHostServerOptions>, KestrelChoices>();
                services.Configure<KestrelServerOptions>(kestrel =>
                {
                    kestrel.AllowSynchronousIO = true;
                    kestrel.Limits.MaxRequestBodySize = null;
                    kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
                    kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
                });
            });

        var answer = await server.Send(RequestBlock.Get("/").Header("X-Own", [0xe9]));

        Assert.Equal("True True \u00e9", seen);
        var head = new ResponseHead(answer.ResponseHeadBlock);
        Assert.Equal([0xe9], head.Header(0).Value.ToArray());
    }

    [Fact]
    public async Task Addresses_are_the_web_servers_whatever_the_app_asked_for()
    {
        await using var server = await MemoryServer.Start(app =>
        {
            app.Urls.Clear();
            app.Urls.Add("http://localhost:5000");
        });

        var addresses = server.App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Assert.Equal(["http://192.0.2.2:8080"], addresses.Addresses);
    }

    [Fact]
    public async Task Closing_is_asked_for_by_the_application_and_the_server()
    {
        var token = CancellationToken.None;
        var server = await MemoryServer.Handle(http =>
        {
            var feature = http.Features.Get<IConnectionLifetimeNotificationFeature>()!;
            token = feature.ConnectionClosedRequested;
            feature.RequestClose();
            return http.Response.WriteAsync("Hello");
        });

        var answer = await server.Get("/");
        Assert.Equal("close", answer.Headers["Connection"]);
        Assert.False(token.IsCancellationRequested);
        await server.DisposeAsync();
        Assert.True(token.IsCancellationRequested);
    }

    [Fact]
    public async Task Route_values_and_endpoints_work_and_do_not_leak()
    {
        await using var server = await MemoryServer.Start(app =>
            Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(
                app, "/{name}", (HttpContext http, string name) => $"{name} {http.GetEndpoint() is not null} {http.Request.RouteValues.Count}"));
        var exchange = server.Exchange();

        Assert.Equal("a True 1", (await exchange.Begin(RequestBlock.Get("/a")).Completion()).Body);
        Assert.Equal("b True 1", (await exchange.Begin(RequestBlock.Get("/b")).Completion()).Body);
        Assert.Equal(404, (await exchange.Begin(RequestBlock.Get("/a/b")).Completion()).Status);
    }
}
