using System.Globalization;
using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>Who a worker is, what it has, and who may reach what.</summary>
/// <typeparam name="TRuntime">How the application runs.</typeparam>
[Trait("Mode", "daemon")]
public abstract class IdentityTests<TRuntime>
    where TRuntime : ITestedRuntime
{
    private const int Daemon = 1;
    private const int Games = 60;

    [SkippableFact, Trait("Set", "core")]
    public async Task A_worker_has_the_users_groups_umask_directory_and_descriptors_that_were_asked_for()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Changing users takes root.");
        await using var host = await DaemonHost.Start<TRuntime>(
            "user=daemon group=games supplementary-groups=daemon umask=0077 home=/var env=A_NAME=a-value nofile-limit=2000 display-name=probe-title");
        var worker = host.Workers.Single();
        Assert.Equal($"{Daemon} {Daemon} {Daemon} {Daemon}", Status(worker, "Uid"));
        Assert.Equal($"{Games} {Games} {Games} {Games}", Status(worker, "Gid"));
        Assert.Equal($"{Daemon}", Status(worker, "Groups"));
        Assert.Equal("1", Status(worker, "NoNewPrivs"));
        Assert.Equal("0077", Status(worker, "Umask"));
        Assert.Contains("probe-title", ProcFs.CommandLine(worker), StringComparison.Ordinal);
        Assert.Matches(@"Max open files\s+2000\s", File.ReadAllText($"/proc/{worker}/limits"));
        var environment = (await RawConnection.Get(host.Port, "/process/environment")).Text;
        Assert.Contains("A_NAME=a-value\n", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("MODHOST_CONTROL_FD", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("DOTNET_STARTUP_HOOKS", environment, StringComparison.Ordinal);
        Assert.Contains("cwd=/var\n", (await RawConnection.Get(host.Port, "/process/places")).Text, StringComparison.Ordinal);
        Assert.Equal("/dev/null", new FileInfo($"/proc/{worker}/fd/0").LinkTarget);

        // Nothing of the web server or the supervisor: no listening socket, no log file.
        var descriptors = ProcFs.Descriptors(worker);
        Assert.DoesNotContain(descriptors, target => target.EndsWith(".log", StringComparison.Ordinal));
        await host.Server.CheckSane();
    }

    [SkippableFact]
    public async Task Nobody_else_can_connect_to_the_supervisor()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Changing users takes root.");
        await using var host = await DaemonHost.Start<TRuntime>("processes=1");
        var instance = Directory.EnumerateDirectories(ProcessGroups.RunDirectory(host.Server.Places)).Single();
        foreach (var name in (string[])["shim.sock", "control.sock"])
        {
            var (code, output) = await Child.TryRun("/usr/bin/setpriv", ["--reuid=60", "--regid=60", "--clear-groups", "/usr/bin/python3", "-c",
                $"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{instance}/{name}'); s.settimeout(5); s.sendall(b'x'); print('got', len(s.recv(100)))"]);
            Assert.True(code != 0 || output.Contains("got 0", StringComparison.Ordinal), output);
        }

        await host.Server.CheckSane();
    }

    [SkippableFact, Trait("Set", "core")]
    public async Task Groups_of_two_servers_are_of_two_users()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "Changing users takes root.");
        var app = await AppBuild.Of("Probe", TRuntime.Runtime);
        (string User, string Id, int Port)[] hosts = [("daemon", "1", FreePort.Next()), ("games", "5", FreePort.Next())];
        await using var server = await ServerHost.Start(new ServerSetup
        {
            OwnGroups = true,
            Options = ProcessGroups.Preamble,
            Nginx = new()
            {
                Http = string.Concat(hosts.Select(host => $"server {{ listen 127.0.0.1:{host.Port}; "
                + $"modhost_daemon_process {host.User} user={host.User}; location / {{ modhost_pass {app} process_group={host.User}; }} }}\n"))
            },
            Apache = new()
            {
                Main = string.Concat(hosts.Select(host => $"Listen 127.0.0.1:{host.Port}\n<VirtualHost 127.0.0.1:{host.Port}>\n"
                + $"ModHostDaemonProcess {host.User} user={host.User}\nModHostAlias / {app} process-group={host.User}\n</VirtualHost>\n"))
            },
        }, "/control");
        foreach (var (_, id, port) in hosts)
        {
            var answer = await Wait.For("the group answers", () => RawConnection.Get(port, "/process/id"), response => response.Status == 200);
            Assert.Equal($"{id} {id} {id} {id}", Status(int.Parse(answer.Text, CultureInfo.InvariantCulture), "Uid"));
        }

        server.Rebase();
        await server.CheckSane();
    }

    [Fact]
    public async Task Two_web_servers_side_by_side_do_not_disturb_each_other()
    {
        await using var one = await DaemonHost.Start<TRuntime>("processes=1");
        await using var two = await DaemonHost.Start<TRuntime>("processes=1");
        var kept = two.Workers;
        Assert.Equal(0, await one.Server.Quit());
        Assert.Equal(kept, two.Workers);
        Assert.Equal(200, (await RawConnection.Get(two.Port, "/empty")).Status);
        await two.Server.CheckSane();
    }

    private static string Status(int process, string key) => string.Join(' ', File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status")
        .First(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries));
}

public sealed class IdentityJitTests : IdentityTests<Jit>;

public sealed class IdentityAotTests : IdentityTests<Aot>;
