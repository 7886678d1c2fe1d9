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
        await using var nginx = await NginxHost.Start(NginxSetup.For(app) with
        {
            Workers = 2,
            Groups = "processes=2",

            // So that connections alternate: both workers must have their turn.
            Events = "accept_mutex off;",
        });
        var processes = new HashSet<string>();
        var rounds = Settings.Count(full: 100, usual: 5);
        for (var i = 0; i < rounds; i++)
        {
            await Round(nginx, $"user{i}", processes, reload: i == rounds / 2);
        }

        await nginx.CheckSane();
        Assert.Equal(0, await nginx.Quit());
    }

    [Fact]
    public async Task A_cookie_of_one_worker_is_good_in_every_other()
    {
        var app = await AppBuild.Of("Accounts", AppRuntime.Jit);
        await using var nginx = await NginxHost.Start(NginxSetup.For(app) with { Workers = 2, Groups = "processes=2", Events = "accept_mutex off;" });
        var login = await RawConnection.Get(nginx.Port, "/login?name=one");
        var processes = new HashSet<string>();
        await Wait.Until("both workers have accepted the cookie", async () =>
        {
            var response = await RawConnection.Get(nginx.Port, "/form", Cookies(login));
            Assert.Equal(200, response.Status);
            processes.Add((await RawConnection.Get(nginx.Port, "/")).Text);
            return processes.Count == 2;
        });
        await nginx.CheckSane();
    }

    [Fact]
    public async Task A_cookie_outlives_the_server()
    {
        var app = await AppBuild.Of("Accounts", AppRuntime.Jit);
        await using var nginx = await NginxHost.Start(NginxSetup.For(app) with { Http = places => $"modhost_state_directory {places.Prefix}/state;" });
        var login = await RawConnection.Get(nginx.Port, "/login?name=one");
        await nginx.Restart();
        Assert.Equal(200, (await RawConnection.Get(nginx.Port, "/form", Cookies(login))).Status);
        var state = new DirectoryInfo(Path.Combine(nginx.Places.Prefix, "state"));
        Assert.NotEmpty(state.EnumerateFiles("key-*.xml", SearchOption.AllDirectories));
        var folder = state.EnumerateFiles("key-*.xml", SearchOption.AllDirectories).First().Directory!;
        Assert.Equal((UnixFileMode)0x1c0, folder.UnixFileMode);
        await nginx.CheckSane();
    }

    /// <summary>Each request on a connection of its own.</summary>
    private static async Task Round(NginxHost nginx, string name, HashSet<string> processes, bool reload)
    {
        var login = await RawConnection.Get(nginx.Port, "/login?name=" + name);
        Assert.Equal(200, login.Status);
        processes.Add(login.Text);
        var form = await RawConnection.Get(nginx.Port, "/form", Cookies(login));
        Assert.Equal(200, form.Status);
        if (reload && Settings.Daemon)
        {
            await ProcessGroups.Command(nginx.Places, new { command = "reload", group = "g0" });
        }
        else if (reload)
        {
            await nginx.Reload();
        }

        var body = "__RequestVerificationToken=" + Uri.EscapeDataString(form.Text);
        var posted = await RawConnection.Exchange(nginx.Port,
            $"POST /form HTTP/1.1\r\nHost: probe.test\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + $"Content-Length: {body.Length}\r\n{Cookies(login, form)}\r\n{body}", "POST");
        Assert.True(posted.Status == 200, $"{posted}\n{NginxHost.Tail(nginx.Log)}");
        Assert.StartsWith(name + " ", posted.Text, StringComparison.Ordinal);
    }

    private static string Cookies(params RawResponse[] responses) => "Cookie: " + string.Join("; ", responses
        .SelectMany(response => response.Headers)
        .Where(header => header.Key.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
        .Select(header => Regex.Match(header.Value, "^[^;]*").Value)) + "\r\n";
}
