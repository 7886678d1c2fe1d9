using System.Net;
using System.Net.Sockets;
using ModHost.Cli.Checks;
using ModHost.Cli.WebServers;
using ModHost.IntegrationTests.Hosting;

namespace ModHost.Cli.Tests.Checks;

/// <summary>What is found wrong, and what is to be done about it.</summary>
public sealed class FindingTests : IDisposable
{
    private const uint Somebody = 61_234;

    private readonly string _folder = Settings.NewFolder("check");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("700", true, true)]
    [InlineData("711", true, true)]
    [InlineData("750", true, false)]
    [InlineData("755", false, false)]
    public void A_stranger_needs_what_others_have(string mode, bool obstructed, bool certain)
    {
        var app = Application(mode);

        var obstacle = FileAccessCheck.Find(app, new FileReader("somebody", Somebody, new HashSet<uint> { Somebody }));

        Assert.Equal(obstructed, obstacle is not null);
        Assert.Equal(certain, obstacle?.IsCertain ?? false);
    }

    [Fact]
    public void Root_and_members_of_the_group_get_in_and_so_does_whose_groups_are_not_known()
    {
        var app = Application("750");
        var group = Posix.PathStatus.Of(app)!.Value.Group;

        Assert.Null(FileAccessCheck.Find(app, new FileReader("somebody", Somebody, new HashSet<uint> { group })));
        Assert.Null(FileAccessCheck.Find(app, new FileReader("somebody", Somebody)));
        Assert.Null(FileAccessCheck.Find(app, new FileReader("root", 0, new HashSet<uint>())));
    }

    [Fact]
    public void Where_a_link_leads_counts()
    {
        var app = Application("700");
        var link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, Path.GetDirectoryName(app)!);

        Assert.Equal(Path.GetDirectoryName(app), FileAccessCheck.Find(Path.Combine(link, "App.dll"),
            new FileReader("somebody", Somebody, new HashSet<uint>()))?.Path);
    }

    [Fact]
    public void An_application_is_read_by_its_groups_user_and_not_by_the_servers()
    {
        var app = Application("700");
        var nobody = Configuration("nginx") with
        {
            User = new FileReader("root", 0),
            Applications = [new HostedApplication(app, "shop"), new HostedApplication(app, null)],
            Groups = [DeclaredGroup.From(["shop", $"user={Somebody}", $"group={Somebody}"])],
        };

        var findings = ApplicationChecks.Of(nobody).ToArray();

        Assert.Equal((Level.Error, "permissions", $"{Somebody} cannot read {app}, because of {Path.GetDirectoryName(app)}"),
            (findings[0].Level, findings[0].Subject, findings[0].Text));
        Assert.StartsWith($"chmod o+rx {Path.GetDirectoryName(app)}", findings[0].Remedy, StringComparison.Ordinal);
        Assert.Equal((Level.Ok, $"{app}, as root in nginx's own processes"), (findings[1].Level, findings[1].Text));
    }

    [Fact]
    public void A_file_beside_the_application_has_to_be_readable_too()
    {
        var app = Application("755");
        var more = Path.Combine(Path.GetDirectoryName(app)!, "App.runtimeconfig.json");
        File.WriteAllText(more, "{}");
        File.SetUnixFileMode(more, UnixFileMode.UserRead);
        var configuration = Configuration("nginx") with
        {
            User = new FileReader("somebody", Somebody, new HashSet<uint>()),
            Applications = [new HostedApplication(app, null)],
        };

        var finding = Assert.Single(ApplicationChecks.Of(configuration));

        Assert.Equal(Level.Error, finding.Level);
        Assert.StartsWith($"chmod o+r {more}", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("App.dll", "backup-secrets.json", false)]
    [InlineData("App.dll", "libother.so", false)]
    [InlineData("App.dll", "Other.deps.json", false)]
    [InlineData("App.dll", "appsettingsold.json", false)]
    [InlineData("App.dll", "App.deps.json", true)]
    [InlineData("App.dll", "Library.dll", true)]
    [InlineData("App.so", "Library.dll", false)]
    [InlineData("App.so", "App.deps.json", false)]
    [InlineData("App.so", "other.so", false)]
    [InlineData("App.so", "appsettings.Production.json", true)]
    public void Files_of_others_beside_an_application_do_not_count(string name, string beside, bool counts)
    {
        var app = Path.Combine(Path.GetDirectoryName(Application("755"))!, name);
        File.WriteAllText(app, "");
        var file = Private(app, beside);

        var finding = Assert.Single(ApplicationChecks.Of(OfSomebody(app)));

        Assert.Equal(counts ? Level.Error : Level.Ok, finding.Level);
        Assert.Equal(counts, finding.Remedy.Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public void Of_the_libraries_beside_an_application_those_count_that_it_names()
    {
        var app = Application("755");
        File.WriteAllText(Path.ChangeExtension(app, ".deps.json"), """
            { "targets": { "net10.0": { "App/1.0.0": { "runtime": { "App.dll": {} } }, "Mine/1.0.0": { "runtime": { "lib/net10.0/Mine.dll": {} } } } } }
            """);
        Private(app, "Other.dll");
        Assert.Equal(Level.Ok, Assert.Single(ApplicationChecks.Of(OfSomebody(app))).Level);

        var mine = Private(app, "Mine.dll");
        Assert.StartsWith($"chmod o+r {mine}", Assert.Single(ApplicationChecks.Of(OfSomebody(app))).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_not_to_be_opened_to_everybody()
    {
        var app = Application("755");
        var settings = Private(app, "appsettings.json");
        var configuration = OfSomebody(app);

        var finding = Assert.Single(ApplicationChecks.Of(configuration with { User = configuration.User with { Group = "www" } }));

        Assert.Equal(Level.Error, finding.Level);
        Assert.Equal($"chgrp www {settings} && chmod 640 {settings}", finding.Remedy);
    }

    [Theory]
    [InlineData("real/v1", "../shared/appsettings.json")]
    [InlineData("./real//v1/.", "../../real/shared/appsettings.json")]
    public void A_link_counts_from_the_folder_that_it_really_is_in(string version, string target)
    {
        var reader = new FileReader("somebody", Somebody, new HashSet<uint>());
        Directory.CreateDirectory(Path.Combine(_folder, "real", "v1"));
        Directory.CreateDirectory(Path.Combine(_folder, "real", "shared"));
        Directory.CreateDirectory(Path.Combine(_folder, "shared"));
        var settings = Path.Combine(_folder, "real", "shared", "appsettings.json");
        File.WriteAllText(settings, "{}");
        File.CreateSymbolicLink(Path.Combine(_folder, "real", "v1", "appsettings.json"), target);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "cur"), version);
        File.WriteAllText(Path.Combine(_folder, "shared", "appsettings.json"), "");
        File.SetUnixFileMode(Path.Combine(_folder, "shared"), UnixFileMode.UserRead);
        var link = Path.Combine(_folder, "cur", "appsettings.json");

        Assert.Null(FileAccessCheck.Find(link, reader));

        File.SetUnixFileMode(settings, UnixFileMode.UserRead);
        Assert.Equal(settings, FileAccessCheck.Find(link, reader)?.Path);
    }

    [Fact]
    public void Links_in_a_ring_are_nothing_that_can_be_seen()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "one"), "two");
        File.CreateSymbolicLink(Path.Combine(_folder, "two"), "one");

        Assert.Null(FileAccessCheck.Find(Path.Combine(_folder, "one"), new FileReader("somebody", Somebody, new HashSet<uint>())));
    }

    [Fact]
    public void What_ModHost_adds_to_an_application_has_to_be_readable_too()
    {
        var managed = Path.GetDirectoryName(Application("700"))!;
        var configuration = Configuration("nginx") with
        {
            User = new FileReader("somebody", Somebody, new HashSet<uint>()),
            Applications = [new HostedApplication("/srv/a.dll", null), new HostedApplication("/srv/b.dll", null)],
        };

        var finding = Assert.Single(ApplicationChecks.OfManagedPart(configuration, managed));

        Assert.Equal((Level.Error, $"somebody cannot read {managed}, which is a part of every application, because of {managed}"),
            (finding.Level, finding.Text));
        Assert.Empty(ApplicationChecks.OfManagedPart(configuration with { User = new FileReader("root", 0) }, managed));
    }

    [Theory]
    [InlineData("nginx", "modhost_pass")]
    [InlineData("apache", "ModHostAlias")]
    public void A_configuration_without_an_application_is_told_how_to_have_one(string server, string directive)
    {
        var finding = Assert.Single(ApplicationChecks.Of(Configuration(server)));

        Assert.Equal(Level.Warning, finding.Level);
        Assert.StartsWith(directive, finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a user=1234", "b user=1235", "")]
    [InlineData("a user=1234", "b", "MH0236: b has the web server's own user, 33 → give each group a user= (docs/operations.md) of its own")]
    [InlineData("a", "c", "MH0237: c runs nothing → remove it, or name it with process_group=")]
    public void Groups_are_to_be_used_and_to_have_users_of_their_own(string first, string second, string expected)
    {
        var findings = GroupChecks.Of(Configuration("nginx") with
        {
            IsPrivileged = true,
            User = new FileReader("33", 33),
            Applications = [new HostedApplication("/srv/a.dll", "a"), new HostedApplication("/srv/b.dll", "b")],
            Groups = [DeclaredGroup.From(first.Split(' ')), DeclaredGroup.From(second.Split(' '))],
        });

        Assert.Equal(expected, string.Join('\n', findings.Select(finding => $"{finding.Text} → {finding.Remedy}")));
        Assert.All(findings, finding => Assert.Equal(Level.Warning, finding.Level));
    }

    [Fact]
    public void A_port_is_tried_at_the_address_that_is_listened_at()
    {
        using var listener = new TcpListener(IPAddress.Parse("127.0.0.2"), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var findings = PortChecks.Of(Configuration("nginx") with
        {
            Listens = [.. ListenPlace.OfNginx([$"127.0.0.1:{port}"]), .. ListenPlace.OfNginx([$"127.0.0.2:{port}"])],
        }).ToArray();

        Assert.Equal([(Level.Ok, $"127.0.0.1:{port} is free"), (Level.Error, $"127.0.0.2:{port} is in use")],
            findings.Select(finding => (finding.Level, finding.Text)));
        Assert.Contains("stop what has it", findings[1].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_runs_has_its_ports()
    {
        var finding = Assert.Single(PortChecks.Of(Configuration("nginx") with { Process = 4711, Listens = [.. ListenPlace.OfNginx(["80"])] }));

        Assert.Equal(Level.Ok, finding.Level);
        Assert.Contains("4711", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_was_left_behind_is_told_from_one_in_use()
    {
        var path = Path.Combine(_folder, "s");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            Assert.Equal(Level.Ok, Port($"unix:{path}").Level);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(1);
            Assert.Equal($"unix:{path} is in use", Port($"unix:{path}").Text);
        }

        File.WriteAllText(path, "");
        Assert.Equal((Level.Error, $"rm {path}"), (Port($"unix:{path}").Level, Port($"unix:{path}").Remedy));
        Assert.Equal($"mkdir -p {_folder}/none", Port($"unix:{_folder}/none/s").Remedy);
    }

    [Fact]
    public void An_address_of_another_machine_cannot_be_listened_at()
    {
        var finding = Port("192.0.2.1:8080");

        Assert.Equal((Level.Error, "192.0.2.1:8080 is no address of this machine"), (finding.Level, finding.Text));
    }

    [Fact]
    public void Folders_that_are_not_there_are_told()
    {
        var findings = FolderChecks.Of(Configuration("nginx") with
        {
            Applications = [new HostedApplication("/srv/App.dll", "shop")],
            Groups = [DeclaredGroup.From(["shop"])],
        }).ToArray();

        Assert.Equal([("run directory", _folder), ("state directory", $"{_folder}/state will be made")],
            findings.Select(finding => (finding.Subject, finding.Text)));
    }

    [Fact]
    public void Parts_of_another_version_are_told_with_their_places()
    {
        Assert.Equal([(Level.Ok, "version")], VersionChecks.Of([("/usr/bin/modhostd", VersionChecks.Own)])
            .Select(finding => (finding.Level, finding.Subject)));

        var finding = Assert.Single(VersionChecks.Of([("/usr/bin/modhostd", "0.0.9"), ("/module.so", VersionChecks.Own)]));
        Assert.Equal((Level.Error, $"/usr/bin/modhostd is 0.0.9, and this command {VersionChecks.Own}"), (finding.Level, finding.Text));
        Assert.Contains("install ModHost again", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WebServerChoice.Nginx)]
    [InlineData(WebServerChoice.Apache)]
    public void Every_part_that_is_installed_has_a_version(string server)
    {
        var installation = new Installation(Settings.Dist);

        Assert.All(VersionChecks.Parts(installation, WebServerChoice.Installed(server, installation)),
            part => Assert.Equal((part.Path, VersionChecks.Own), part));
    }

    [Fact]
    public void A_supervisor_that_does_not_tell_its_version_is_an_earlier_one()
    {
        var old = new Installation(_folder);
        Directory.CreateDirectory(Path.GetDirectoryName(old.Supervisor)!);
        File.WriteAllText(old.Supervisor, "");
        var server = WebServerChoice.Installed(WebServerChoice.Nginx, new Installation(Settings.Dist));
        Assert.DoesNotContain(VersionChecks.Of(old, server), finding => finding.Text.Contains(old.Supervisor, StringComparison.Ordinal));

        File.Delete(old.Supervisor);
        File.CreateSymbolicLink(old.Supervisor, "/bin/false");
        var finding = Assert.Single(VersionChecks.Of(old, server));

        Assert.Equal((Level.Error, $"{old.Supervisor} is of an earlier version, and this command {VersionChecks.Own}"),
            (finding.Level, finding.Text));
    }

    [Fact]
    public void A_files_version_is_the_mark_in_it()
    {
        var file = Path.Combine(_folder, "module.so");
        File.WriteAllBytes(file, [0, 1, 2, .. "modhost-version=1.2.3\0more"u8]);

        Assert.Equal("1.2.3", VersionChecks.Marked(file));
        Assert.Null(VersionChecks.Marked(Path.Combine(_folder, "none")));
    }

    private static string Private(string app, string name)
    {
        var file = Path.Combine(Path.GetDirectoryName(app)!, name);
        File.WriteAllText(file, "{}");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    private ServerConfiguration OfSomebody(string app) => Configuration("nginx") with
    {
        User = new FileReader("somebody", Somebody, new HashSet<uint>()),
        Applications = [new HostedApplication(app, null)],
    };

    private static Finding Port(string listen) =>
        Assert.Single(PortChecks.Of(new ServerConfiguration
        {
            Server = WebServerChoice.Nginx,
            User = new FileReader("root", 0),
            Listens = [.. ListenPlace.OfNginx([listen])],
            RunDirectory = "/run/modhost",
            StateDirectory = "/var/lib/modhost",
        }));

    private ServerConfiguration Configuration(string server) => new()
    {
        Server = server,
        User = new FileReader("root", 0),
        RunDirectory = _folder,
        StateDirectory = Path.Combine(_folder, "state"),
    };

    // In a folder of that mode.
    private string Application(string mode)
    {
        var folder = Path.Combine(_folder, "app");
        Directory.CreateDirectory(folder);
        var app = Path.Combine(folder, "App.dll");
        File.WriteAllText(app, "");
        File.SetUnixFileMode(app, (UnixFileMode)Convert.ToInt32("640", 8));
        if (mode is "755" or "711")
        {
            File.SetUnixFileMode(app, (UnixFileMode)Convert.ToInt32(mode == "755" ? "644" : "600", 8));
        }

        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32(mode, 8));
        return app;
    }
}
