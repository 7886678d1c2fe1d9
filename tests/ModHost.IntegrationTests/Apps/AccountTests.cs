using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Apps;

/// <summary>Cookies and antiforgery tokens hold across workers and reloads.</summary>
public sealed class AccountTests
{
    [Fact]
    public async Task Log_in_and_post_a_form_with_two_workers_and_a_reload()
    {
        var app = await AppBuild.Of("Accounts", AppRuntime.Jit);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with
        {
            Workers = 2,
            Groups = "processes=2",

            // So that connections alternate: both workers must have their turn.
            Nginx = new() { Events = "accept_mutex off;" },
        });
        var processes = new HashSet<string>();
        var rounds = Settings.Count(full: 100, usual: 5);
        for (var i = 0; i < rounds; i++)
        {
            await Round(server, $"user{i}", processes, reload: i == rounds / 2);
        }

        await server.CheckSane();
        Assert.Equal(0, await server.Quit());
    }

    [Fact]
    public async Task A_cookie_of_one_worker_is_good_in_every_other()
    {
        var app = await AppBuild.Of("Accounts", AppRuntime.Jit);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with { Workers = 2, Groups = "processes=2", Nginx = new() { Events = "accept_mutex off;" } });
        var login = await RawConnection.Get(server.Port, "/login?name=one");
        var processes = new HashSet<string>();
        await Wait.Until("both workers have accepted the cookie", async () =>
        {
            var response = await RawConnection.Get(server.Port, "/form", Cookies(login));
            Assert.Equal(200, response.Status);
            processes.Add((await RawConnection.Get(server.Port, "/")).Text);
            return processes.Count == 2;
        });
        await server.CheckSane();
    }

    [Fact]
    public async Task A_cookie_outlives_the_server()
    {
        var app = await AppBuild.Of("Accounts", AppRuntime.Jit);
        await using var server = await ServerHost.Start(ServerSetup.For(app) with { Options = "state_directory @PREFIX@/state" });
        var login = await RawConnection.Get(server.Port, "/login?name=one");
        await server.Restart();
        Assert.Equal(200, (await RawConnection.Get(server.Port, "/form", Cookies(login))).Status);
        var state = new DirectoryInfo(Path.Combine(server.Places.Prefix, "state"));
        Assert.NotEmpty(state.EnumerateFiles("key-*.xml", SearchOption.AllDirectories));
        var folder = state.EnumerateFiles("key-*.xml", SearchOption.AllDirectories).First().Directory!;
        Assert.Equal((UnixFileMode)0x1c0, folder.UnixFileMode);
        await server.CheckSane();
    }

    /// <summary>Each request on a connection of its own.</summary>
    private static async Task Round(ServerHost server, string name, HashSet<string> processes, bool reload)
    {
        var login = await RawConnection.Get(server.Port, "/login?name=" + name);
        Assert.Equal(200, login.Status);
        processes.Add(login.Text);
        var form = await RawConnection.Get(server.Port, "/form", Cookies(login));
        Assert.Equal(200, form.Status);
        if (reload && Settings.Daemon)
        {
            await ProcessGroups.Command(server.Places, new { command = "reload", group = "g0" });
        }
        else if (reload)
        {
            await server.Reload();
        }

        var body = "__RequestVerificationToken=" + Uri.EscapeDataString(form.Text);
        var posted = await RawConnection.Exchange(server.Port,
            $"POST /form HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + $"Content-Length: {body.Length}\r\n{Cookies(login, form)}\r\n{body}", "POST");
        Assert.True(posted.Status == 200, $"{posted}\n{ServerHost.Tail(server.Log)}");
        Assert.StartsWith(name + " ", posted.Text, StringComparison.Ordinal);
    }

    private static string Cookies(params RawResponse[] responses) => "Cookie: " + string.Join("; ", responses
        .SelectMany(response => response.Headers)
        .Where(header => header.Key.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
        .Select(header => Regex.Match(header.Value, "^[^;]*").Value)) + "\r\n";
}
