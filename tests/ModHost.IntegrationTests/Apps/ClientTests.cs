using System.Globalization;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Apps;

/// <summary>Clients that other people wrote.</summary>
public sealed class ClientTests
{
    private static string Scripts => Path.Combine(Settings.RepositoryRoot, "tests", "ModHost.IntegrationTests", "Apps");

    [SkippableFact]
    public async Task SignalR_over_WebSockets_with_the_npm_client()
    {
        var npm = Which("npm");
        Skip.If(npm is null || Which("node") is null, "node and npm are not installed");
        var folder = Settings.NewFolder("npm");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{ \"private\": true }");
            await Child.Run(npm!, ["install", "--no-audit", "--no-fund", "--silent", "@microsoft/signalr"], folder);
            File.Copy(Path.Combine(Scripts, "signalr-client.js"), Path.Combine(folder, "client.js"));
            var app = await AppBuild.Of("SignalRHub", AppRuntime.Jit);
            await using var server = await ServerHost.Start(ServerSetup.For(app) with { Groups = "processes=2 affinity=cookie" });
            foreach (var mode in (string[])["negotiate", "skip"])
            {
                var output = await Child.Run(Which("node")!, ["client.js", Url(server.Port, "/hub"), mode], folder, limit: TimeSpan.FromMinutes(5));
                Assert.Contains("ok", output, StringComparison.Ordinal);
            }

            await server.CheckSane();
            Assert.Equal(0, await server.Quit());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [SkippableTheory]
    [InlineData(AppRuntime.Jit)]
    [InlineData(AppRuntime.Aot)]
    public async Task Grpc_wire_format_with_the_distribution_client(AppRuntime runtime)
    {
        Skip.IfNot(Http2.IsThere, Http2.Missing);
        var (code, _) = await Child.TryRun("/usr/bin/python3", ["-c", "import grpc"]);
        Skip.If(code != 0, "python3-grpcio is not installed");
        var app = await AppBuild.Of("GrpcWire", runtime);

        // Streams are silent until a hundred of them are open.
        await using var server = await ServerHost.Start(ServerSetup.For(app) with
        {
            Groups = "processes=2",
            Nginx = new() { Server = "client_body_timeout 10m;" },
            Apache = new() { Main = "Timeout 600" },
        });
        var output = await Child.Run("/usr/bin/python3",
            [Path.Combine(Scripts, "grpc_client.py"), $"127.0.0.1:{server.Places.Http2Port}", "1000"], limit: TimeSpan.FromMinutes(10));
        Assert.Contains("ok", output, StringComparison.Ordinal);
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact]
    public async Task A_native_library_from_a_package()
    {
        var app = await AppBuild.Of("NativeDependency", AppRuntime.Jit);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with { Groups = "processes=2" });
        Assert.Matches(@"^3\.\d+\.\d+$", (await RawConnection.Get(server.Port, "/")).Text);
        Assert.Equal("42", (await RawConnection.Get(server.Port, "/sum")).Text);
        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    private static string Url(int port, string path) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{path}");

    private static string? Which(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
