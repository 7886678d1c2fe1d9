using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Turns a setup of embedded applications into the same one with a process group for each.</summary>
internal static partial class ProcessGroups
{
    /// <summary>Options that a setup with process groups has for all of the web server.</summary>
    public const string Preamble = $"run_directory @PREFIX@/run; env {Mark} @PREFIX@; ";

    /// <summary>By this the workers of a test are known.</summary>
    private const string Mark = "MODHOST_TESTED_BY";

    /// <summary>Whether a process is the supervisor, the watchdog or a worker of this web server.</summary>
    public static bool Has(int process, ServerPlaces places) =>
        ProcFs.HasEnvironment(process, Mark, places.Prefix)
        || ProcFs.CommandLine(process).Contains(RunDirectory(places), StringComparison.Ordinal);

    public static string RunDirectory(ServerPlaces places) => Path.Combine(places.Prefix, "run");

    /// <summary>Every application gets a group of its own; one that says where it runs is left alone.</summary>
    public static ServerSetup Assign(ServerSetup setup)
    {
        var groups = new List<string>();
        var places = setup.Places.Select(place => place with { Options = Pass().Replace(place.Options, Grouped) }).ToArray();
        var declared = groups.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"daemon_process g{i} {setup.Groups}; "));
        return setup with { Places = places, Options = Preamble + string.Concat(declared) + setup.Options };

        string Grouped(Match pass)
        {
            if (pass.Groups["more"].Value.Contains("process_group=", StringComparison.Ordinal))
            {
                return pass.Value;
            }

            var app = pass.Groups["app"].Value;
            if (!groups.Contains(app))
            {
                groups.Add(app);
            }

            return string.Create(CultureInfo.InvariantCulture, $"pass {app}{pass.Groups["more"].Value} process_group=g{groups.IndexOf(app)}");
        }
    }

    /// <summary>How many worker processes a configuration asks for, at least.</summary>
    public static int Processes(string configuration) => Declared().Matches(configuration).Sum(group => Least(group.Value));

    /// <summary>
    /// How many connections a process of the web server has to those of groups, or one of these to the web server's: with each
    /// comes a page of memory.
    /// </summary>
    public static int Channels(int process) =>
        ProcFs.Maps(process).Count(line => line.Contains("/memfd:modhost-begun", StringComparison.Ordinal));

    /// <summary>One command on the supervisor's control socket; its answer.</summary>
    public static Task<JsonElement> Command(ServerPlaces places, object command) =>
        Command(Directory.EnumerateDirectories(RunDirectory(places)).Single(), command);

    /// <summary>The same of the supervisor whose sockets are in this folder.</summary>
    public static async Task<JsonElement> Command(string instance, object command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(instance, "control.sock")));
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(command) + "\n"));
        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync().WaitAsync(Wait.Limit) ?? throw new IOException("control.sock gave no answer.");
        using var document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    private static int Least(string group)
    {
        var counts = Count().Matches(group).Select(count => int.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture));
        return counts.DefaultIfEmpty(1).Min();
    }

    [GeneratedRegex(@"(modhost_daemon_process|ModHostDaemonProcess)\s[^;\n]*")]
    private static partial Regex Declared();

    [GeneratedRegex(@"\s(?:min-)?processes=(\d+)")]
    private static partial Regex Count();

    [GeneratedRegex(@"\bpass\s+(?<app>[^;\s]+)(?<more>[^;]*)")]
    private static partial Regex Pass();
}
