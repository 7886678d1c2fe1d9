using System.Net.Sockets;
using System.Text;
using ModHost.Cli.Development;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests;

/// <summary>When open pages load themselves anew.</summary>
public sealed class DevelopmentPagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    private string Place => Path.Combine(_folder, "dev.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_page_is_loaded_anew_by_another_version_and_not_by_another_worker()
    {
        using var pages = new DevelopmentPages(Place, Path.Combine(_folder, "failed"));
        pages.Show(["shop/0/1"]);
        await using var old = await Listen("?worker=shop/0/1");
        await using var unknown = await Listen("?worker=");
        await using var nobody = await Listen("");

        pages.Add(["shop/0/2"]);
        await using var replaced = await Listen("?worker=shop/0/2");
        Assert.All([old, unknown, nobody, replaced], one => Assert.False(one.DataAvailable));

        pages.Show(["shop/0/3"]);
        foreach (var one in (NetworkStream[])[old, unknown, nobody, replaced])
        {
            Assert.Equal("data: reload\n\n", await Read(one, "\n\n"));
        }

        await using var late = await Listen("?worker=shop/0/1", "data: reload\n\n");
    }

    [Fact]
    public async Task An_error_page_says_whether_a_version_serves()
    {
        using var pages = new DevelopmentPages(Place, Path.Combine(_folder, "failed"));
        pages.ShowStartError("MH0501: no", olderServes: false);
        pages.ShowBuildErrors(["Shop.cs(1,1): error"]);
        Assert.Contains("Until then requests get 503.", await Error(), StringComparison.Ordinal);

        pages.BuildSucceeded();
        pages.Show(["shop/0/1"]);
        pages.ShowBuildErrors(["Shop.cs(1,1): error"]);
        Assert.Contains("The version before it still answers", await Error(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_is_let_through_when_the_gate_opens_and_pages_of_what_failed_are_not()
    {
        var gate = new Gate(Path.Combine(_folder, "building"));
        using var pages = new DevelopmentPages(Place, Path.Combine(_folder, "failed"), gate);
        gate.Close();
        await using var page = await Ask("/_modhost/gate?wait-html-here-known");
        await using var other = await Ask("/_modhost/gate?wait-html-known");
        pages.ShowBuildErrors(["Shop.cs(1,1): error"]);
        await using var error = await Ask("/_modhost/error");
        Assert.Contains("Shop.cs(1,1)", await Read(error, "</html>"), StringComparison.Ordinal);
        Assert.All([page, other], one => Assert.False(one.DataAvailable));

        gate.Open(() => true);
        Assert.StartsWith("HTTP/1.1 403 ", await Read(page, "\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 204 ", await Read(other, "\r\n\r\n"), StringComparison.Ordinal);

        gate.Close();
        await using var last = await Ask("/_modhost/gate?wait");
        gate.End();
        Assert.StartsWith("HTTP/1.1 204 ", await Read(last, "\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_pages_that_are_gone_nothing_is_kept()
    {
        var gate = new Gate(Path.Combine(_folder, "building"));
        using var pages = new DevelopmentPages(Place, Path.Combine(_folder, "failed"), gate);
        pages.Show(["shop/0/1"]);
        gate.Close();
        for (var number = 0; number < 5; number++)
        {
            await using var events = await Listen("?worker=shop/0/1");
            await using var held = await Ask("/_modhost/gate?wait");
        }

        // The socket that listens is left.
        await Wait.Until("the others are closed", () => File.ReadLines("/proc/net/unix")
            .Count(line => line.EndsWith(Place, StringComparison.Ordinal)) == 1);
    }

    // An open stream of events, after its head and whatever else was expected at once.
    private async Task<NetworkStream> Listen(string query, string more = "")
    {
        var stream = await Ask("/_modhost/events" + query);
        Assert.EndsWith("\r\n\r\n:\n\n" + more, await Read(stream, ":\n\n" + more), StringComparison.Ordinal);
        return stream;
    }

    private async Task<string> Error()
    {
        await using var stream = await Ask("/_modhost/error");
        return await Read(stream, "</html>");
    }

    private async Task<NetworkStream> Ask(string target)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Place));
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.0\r\n\r\n"));
        return stream;
    }

    private static async Task<string> Read(NetworkStream stream, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            var length = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.NotEqual(0, length);
            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        return text.ToString();
    }
}
