using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModHost.IntegrationTests.Hosting;

/// <summary>Turns a configuration of embedded applications into the same one with a process group for each.</summary>
internal static partial class ProcessGroups
{
    /// <summary>Where the groups' directives go.</summary>
    public const string Declaration = "# process groups";

    /// <summary>By this the workers of a test are known.</summary>
    private const string Mark = "MODHOST_TESTED_BY";

    /// <summary>Whether a process is the supervisor, the watchdog or a worker of this nginx.</summary>
    public static bool Has(int process, NginxPlaces places) =>
        ProcFs.HasEnvironment(process, Mark, places.Prefix)
        || ProcFs.CommandLine(process).Contains(RunDirectory(places), StringComparison.Ordinal);

    public static string RunDirectory(NginxPlaces places) => Path.Combine(places.Prefix, "run");

    /// <summary>What a configuration with process groups has in its http block.</summary>
    public static string Preamble(NginxPlaces places)
    {
        Directory.CreateDirectory(RunDirectory(places));
        return $"modhost_run_directory {RunDirectory(places)};\nmodhost_env {Mark} {places.Prefix};";
    }

    /// <summary>Every application gets a group of its own; one that says where it runs is left alone.</summary>
    public static string Assign(string configuration, NginxPlaces places, string keys)
    {
        var groups = new List<string>();
        var assigned = Pass().Replace(configuration, pass =>
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

            return string.Create(CultureInfo.InvariantCulture, $"modhost_pass {app}{pass.Groups["more"].Value} process_group=g{groups.IndexOf(app)};");
        });
        var text = new StringBuilder();
        text.AppendLine(Preamble(places));
        for (var i = 0; i < groups.Count; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"modhost_daemon_process g{i} {keys};");
        }

        return assigned.Replace(Declaration, text.ToString(), StringComparison.Ordinal);
    }

    /// <summary>How many worker processes a configuration asks for, at least.</summary>
    public static int Processes(string configuration) => Declared().Matches(configuration).Sum(group => Least(group.Value));

    /// <summary>To how many worker processes an nginx worker is connected: with each channel comes a page of memory.</summary>
    public static int Channels(int nginxWorker) =>
        ProcFs.Maps(nginxWorker).Count(line => line.Contains("/memfd:modhost-begun", StringComparison.Ordinal));

    /// <summary>One command on the supervisor's control socket; its answer.</summary>
    public static Task<JsonElement> Command(NginxPlaces places, object command) =>
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

    [GeneratedRegex(@"modhost_daemon_process\s[^;]*;")]
    private static partial Regex Declared();

    [GeneratedRegex(@"\s(?:min-)?processes=(\d+)")]
    private static partial Regex Count();

    [GeneratedRegex(@"modhost_pass\s+(?<app>[^;\s]+)(?<more>[^;]*);")]
    private static partial Regex Pass();
}
