using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>A group's own log on a disk that is full: lines are lost, and counted; nothing else happens.</summary>
[Trait("Mode", "daemon")]
public sealed class LogFaultTests
{
    // So many bytes the supervisor keeps while a log cannot be written, and what comes beyond is dropped.
    private const int Kept = 256 * 1024;

    [Fact]
    public async Task A_log_without_room_costs_lines_and_no_request()
    {
        await using var host = await DaemonHost.Start<Jit>("processes=2 log=FOLDER/app.log");
        var log = Path.Combine(host.Folder, "app.log");
        await Wait.Until("the group has a log", () => File.Exists(log));
        File.CreateSymbolicLink(log + ".full", "/dev/full");
        File.Move(log + ".full", log, overwrite: true);
        await Disturb(host);

        // There is room again.
        File.Delete(log);
        await Told(log);
        await host.Server.CheckSane();
    }

    [SkippableFact]
    public async Task A_full_disk_costs_lines_and_no_request()
    {
        var disk = Settings.NewFolder("disk");
        var (code, output) = await Child.TryRun("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=1m,mode=0777", "none", disk]);
        try
        {
            Skip.If(code != 0, $"No file system can be mounted here: {output}");
            await using var host = await DaemonHost.Start<Jit>($"processes=2 log={disk}/app.log");
            var log = Path.Combine(disk, "app.log");
            await Disturb(host);
            Assert.InRange(new FileInfo(log).Length, Kept, 4 * Kept);

            // Rotated away, as somebody would do who needs room: for more than is kept.
            File.Delete(log);
            await Told(log);
            await host.Server.CheckSane();
            Assert.Equal(0, await host.Server.Quit());
        }
        finally
        {
            if (code == 0)
            {
                await Child.Run("/usr/bin/umount", [disk]);
            }

            Directory.Delete(disk, recursive: true);
        }
    }

    // More is written than is kept, under load; a worker dies and is replaced; the supervisor answers all the time.
    private static async Task Disturb(DaemonHost host)
    {
        await using var load = LedgerLoad.Start(host.Port, sleep: 5);
        var text = new string('x', 4000);
        for (var written = 0; written < 4 * Kept; written += text.Length)
        {
            Assert.Equal("logged", (await RawConnection.Get(host.Port, "/log?text=" + text)).Text);
        }

        Assert.True((await host.Command(new { command = "status" })).GetProperty("ok").GetBoolean());
        var old = host.Workers;
        Assert.True((await host.Command(new { command = "reload", group = "shop" })).GetProperty("ok").GetBoolean());
        await host.Replaced(old, 2);
        var seen = load.Outcomes.Count;
        await Wait.Until("requests are answered", () => load.Outcomes.Count > seen + 50);
        await load.Stop();
        load.Account(host.Ran(), 0);
    }

    private static async Task Told(string log)
    {
        await Wait.Until("the log says how many lines are missing", () => File.Exists(log)
            && Regex.IsMatch(File.ReadAllText(log), ServerHost.AtLevel("warn") + @".*MH0716: .* [1-9]\d* lines were dropped"));
    }
}
