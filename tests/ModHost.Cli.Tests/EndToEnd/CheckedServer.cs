using System.Globalization;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.EndToEnd;

/// <summary>A configuration in a folder of its own, as a person would write it, for <c>modhost check</c>.</summary>
internal sealed class CheckedServer(string server) : IDisposable
{
    private readonly string _server = server;

    // Short: paths of sockets lie below it.
    public string Folder { get; } = RunningCommand.NewFolder();

    public int Port { get; } = FreePort.Next();

    public string Module { get; init; } = server == "nginx" ? Settings.NginxModule : Settings.ApacheModule;

    public string RunDirectory { get; init; } = "run";

    /// <summary>What stands at the place of the application, after its path.</summary>
    public string Parameters { get; init; } = "";

    /// <summary>The declaration of a group, without the directive's name; empty: there is none.</summary>
    public string Group { get; init; } = "";

    /// <summary>One more line.</summary>
    public string More { get; init; } = "";

    /// <summary>What a control script like Debian's sets before it calls Apache; null: there is no such script.</summary>
    public string? Variable { get; init; }

    /// <summary>MODHOST_ROOT.</summary>
    public string? Root { get; init; }

    public string File => Path.Combine(Folder, "server.conf");

    // A copy, for what was built may lie where nobody else gets to.
    private string Managed => Path.Combine(Folder, "installed", "lib", "modhost");

    private string Run => Path.Combine(Folder, RunDirectory);

    /// <summary>Runs the installed command on it.</summary>
    public async Task<(int Code, string Output)> Check(string app, params string[] options)
    {
        await System.IO.File.WriteAllTextAsync(File, _server == "nginx" ? Nginx(app) : Apache(app));
        if (!Directory.Exists(Managed))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Managed)!);
            await Child.Run("cp", ["-r", Path.Combine(Settings.Dist, "lib", "modhost"), Managed]);
            Directory.CreateSymbolicLink(Path.Combine(Folder, "installed", "bin"), Path.Combine(Settings.Dist, "bin"));
        }

        var environment = RunningCommand.Environment(Folder);
        if (Root is not null)
        {
            environment["MODHOST_ROOT"] = Root;
        }

        string[] typed = [.. Variable is null ? (string[])[File] : [], "--server", _server, .. options];
        if (Variable is not null)
        {
            environment["MODHOST_APACHECTL"] = await ControlScript(Variable);
        }

        return await Child.TryRun(RunningCommand.Program, ["check", .. typed], Folder, environment, TimeSpan.FromMinutes(3));
    }

    private async Task<string> ControlScript(string variable)
    {
        var (script, included) = (Path.Combine(Folder, "control"), Path.Combine(Folder, "more.conf"));
        await System.IO.File.WriteAllTextAsync(included, "ServerAdmin admin@localhost\n");
        await System.IO.File.WriteAllTextAsync(script,
            $"#!/bin/sh\nexport {variable}={included}\n{Settings.Apache} -f {File} \"$@\" || {{ echo Action failed.; exit 1; }}\n");
        System.IO.File.SetUnixFileMode(script, (UnixFileMode)0x1ed);
        return script;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private string Nginx(string app) => string.Create(CultureInfo.InvariantCulture, $$"""
        load_module "{{Module}}";
        {{(Environment.IsPrivilegedProcess ? "user nobody nogroup;" : "")}}
        pid {{Folder}}/pid;
        error_log stderr;
        worker_shutdown_timeout 30s;
        events { }
        http {
            access_log off;
            client_body_temp_path {{Folder}}/body;
            proxy_temp_path {{Folder}}/proxy;
            fastcgi_temp_path {{Folder}}/fastcgi;
            uwsgi_temp_path {{Folder}}/uwsgi;
            scgi_temp_path {{Folder}}/scgi;
            modhost_run_directory {{Run}};
            modhost_state_directory {{Folder}}/state;
            modhost_managed_directory {{Managed}};
            {{(Group.Length > 0 ? $"modhost_daemon_process {Group};" : "")}}
            {{(More.Length > 0 ? $"{More};" : "")}}
            server {
                listen 127.0.0.1:{{Port}};
                location / { modhost_pass {{app}} {{Parameters}}; }
            }
        }
        """);

    private string Apache(string app) => string.Create(CultureInfo.InvariantCulture, $"""
        ServerRoot {Folder}
        DefaultRuntimeDir {Folder}
        PidFile {Folder}/pid
        Mutex pthread default
        {string.Concat(((string[])["unixd", "mpm_event", "authz_core", "alias"]).Select(Load))}LoadModule modhost_module {Module}
        {(Environment.IsPrivilegedProcess ? "User nobody\nGroup nogroup" : "")}
        ServerName localhost
        ErrorLog /dev/stderr
        GracefulShutdownTimeout 30
        ModHostRunDirectory {Run}
        ModHostStateDirectory {Folder}/state
        ModHostManagedDirectory {Managed}
        {(Group.Length > 0 ? $"ModHostDaemonProcess {Group}" : "")}
        {More}
        Listen 127.0.0.1:{Port}
        <VirtualHost 127.0.0.1:{Port}>
            ModHostAlias / {app} {Parameters.Replace('_', '-')}
        </VirtualHost>

        """);

    private static string Load(string module) =>
        $"<IfModule !{module}_module>\nLoadModule {module}_module {Settings.ApacheModules}/mod_{module}.so\n</IfModule>\n";
}
