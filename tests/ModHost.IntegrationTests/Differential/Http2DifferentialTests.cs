using System.Net.Http.Headers;
using System.Text;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Differential;

/// <summary>The comparison with Kestrel over HTTP/2; framing is the client's affair, so all of the answer is compared.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Not", "prefork")]
public abstract class Http2DifferentialTests<TRuntime>(DifferentialFixture<TRuntime> fixture) : IClassFixture<DifferentialFixture<TRuntime>>, IAsyncLifetime
    where TRuntime : ITestedRuntime
{
    [Theory]
    [InlineData("GET", "/dump?x=1&y=%2F")]
    [InlineData("GET", "/dump/a%2Fb/%C3%A4")]
    [InlineData("OPTIONS", "/dump")]
    [InlineData("DELETE", "/dump")]
    [InlineData("GET", "/empty")]
    [InlineData("GET", "/respond?body=text&h=X-A:1&h=X-A:2")]
    [InlineData("GET", "/respond?status=404&body=lost")]
    [InlineData("GET", "/respond?status=204")]
    [InlineData("GET", "/respond?status=304&h=ETag:%22a%22")]
    [InlineData("HEAD", "/bytes?n=5")]
    [InlineData("GET", "/bytes?n=300000")]
    [InlineData("GET", "/stream?count=100")]
    [InlineData("GET", "/trailers")]
    [InlineData("GET", "/trailers/supported")]
    [InlineData("GET", "/headers/append")]
    [InlineData("GET", "/headers/on-starting")]
    [InlineData("GET", "/complete-async")]
    [InlineData("GET", "/pipe/mixed")]
    [InlineData("GET", "/redirect?to=/elsewhere")]
    [InlineData("GET", "/throw")]
    [InlineData("GET", "/misuse/header-after-start")]
    [InlineData("POST", "/echo")]
    [InlineData("POST", "/echo/buffered")]
    [InlineData("POST", "/echo/sync")]
    [InlineData("POST", "/body/length")]
    [InlineData("POST", "/body/part?n=3")]
    [InlineData("POST", "/body/ignore")]
    [InlineData("POST", "/body/can-have")]
    [InlineData("POST", "/features/max-body?limit=5")]
    public async Task Same_answer_as_Kestrel(string method, string target)
    {
        var kestrel = await Ask(fixture.Kestrel.Http2Port, method, target);
        var modhost = await Ask(fixture.Server.Places.Http2Port, method, target);
        Assert.True(kestrel == modhost, $"Kestrel:\n{kestrel}\n\nModHost:\n{modhost}");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => fixture.Server.CheckSane();

    private static async Task<string> Ask(int port, string method, string target)
    {
        using var client = Http2.Client(port);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(target, UriKind.Relative))
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        request.Headers.Host = "probe.test";
        if (method == "POST")
        {
            request.Content = new DuplexContent(Encoding.ASCII.GetBytes(new string('b', 20_000)));
        }

        using var response = await client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        var text = new StringBuilder().Append((int)response.StatusCode).AppendLine();
        Describe(text, response.Headers.NonValidated, body.Length);
        Describe(text, response.Content.Headers.NonValidated, body.Length);
        text.AppendLine().AppendLine(Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(body.Length, 5000)))).Append(body.Length);
        Describe(text.AppendLine(" bytes"), response.TrailingHeaders.NonValidated, -1);
        return text.ToString();
    }

    private static void Describe(StringBuilder text, HttpHeadersNonValidated headers, int length)
    {
        foreach (var (name, values) in headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            var value = string.Join(", ", values);
            if (name is not ("Server" or "Date") && !(name == "Content-Length" && value == $"{length}"))
            {
                text.AppendLine($"{name}: {value}");
            }
        }
    }
}

public sealed class Http2DifferentialJitTests(DifferentialFixture<Jit> fixture) : Http2DifferentialTests<Jit>(fixture);

public sealed class Http2DifferentialAotTests(DifferentialFixture<Aot> fixture) : Http2DifferentialTests<Aot>(fixture);
