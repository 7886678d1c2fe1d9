using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ModHost.Supervisor.Configuration;

/// <summary>A group as it was configured in one generation, typed, with what it takes from the whole.</summary>
internal sealed class GroupSpec
{
    private GroupSpec(SupervisorConfiguration server, GroupConfiguration group, ProcessGroupOptions options)
    {
        Server = server;
        Group = group;
        Options = options;
        Fingerprint = Hash(Essence(server, group));
    }

    public SupervisorConfiguration Server { get; }

    public GroupConfiguration Group { get; }

    public ProcessGroupOptions Options { get; }

    public string Name => Group.Name;

    /// <summary>The same for two generations between which no worker has to be replaced.</summary>
    public string Fingerprint { get; }

    /// <exception cref="FormatException">An option is not understood.</exception>
    public static GroupSpec Of(SupervisorConfiguration server, GroupConfiguration group)
    {
        try
        {
            return new GroupSpec(server, group, ProcessGroupOptions.Parse(group.Options));
        }
        catch (FormatException exception)
        {
            throw new FormatException($"process group {group.Name}: {exception.Message}", exception);
        }
    }

    private static string Essence(SupervisorConfiguration server, GroupConfiguration group)
    {
        var options = group.Options.Where(option => ProcessGroupOptions.NeedsNewWorkers(option.Key.Replace('_', '-')))
            .OrderBy(option => option.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var essential = group with { ErrorLog = "", LogLevel = "", Options = options };
        return string.Join('\n', JsonSerializer.Serialize(essential, ConfigurationJson.Default.GroupConfiguration),
            server.User.ToString(CultureInfo.InvariantCulture), server.Group.ToString(CultureInfo.InvariantCulture),
            server.ManagedDirectory, server.DotnetRoot, server.StateDirectory);
    }

    // FNV-1a: it tells versions apart, it protects nothing.
    private static string Hash(string text)
    {
        var hash = 14695981039346656037;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ octet) * 1099511628211);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
