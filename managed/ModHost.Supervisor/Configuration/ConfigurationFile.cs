using System.Globalization;
using System.Text.Json;

namespace ModHost.Supervisor.Configuration;

/// <summary>Reads a configuration and checks what everything else relies on.</summary>
internal static class ConfigurationFile
{
    private const int FormatVersion = 1;
    private const string Prefix = "config-";
    private const string Suffix = ".json";

    /// <summary>Where a generation is in the instance directory.</summary>
    public static string PathOf(string instance, uint generation) =>
        Path.Combine(instance, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{generation}{Suffix}"));

    /// <summary>The highest generation in the instance directory.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static uint Highest(string instance)
    {
        uint? highest = null;
        foreach (var path in Directory.EnumerateFiles(instance, Prefix + "*" + Suffix))
        {
            var number = Path.GetFileName(path)[Prefix.Length..^Suffix.Length];
            if (uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
                && generation >= (highest ?? 0))
            {
                highest = generation;
            }
        }

        return highest ?? throw new FormatException($"there is no configuration in {instance}");
    }

    /// <exception cref="FormatException">The file cannot be read or understood; the message says why.</exception>
    public static SupervisorConfiguration Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            var configuration = JsonSerializer.Deserialize(bytes, ConfigurationJson.Default.SupervisorConfiguration)
                ?? throw new FormatException("it is empty");
            Check(configuration);
            return configuration;
        }
        catch (Exception exception) when (exception
            is IOException or UnauthorizedAccessException or JsonException or FormatException)
        {
            throw new FormatException($"{path}: {exception.Message}", exception);
        }
    }

    private static void Check(SupervisorConfiguration configuration)
    {
        if (configuration.Version != FormatVersion)
        {
            throw new FormatException($"its format is {configuration.Version}, not {FormatVersion}");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in configuration.Groups)
        {
            if (group.Name.Length is 0 or > 64 || group.Name.AsSpan().ContainsAnyExceptInRange('!', '~')
                || group.Name.Contains('/', StringComparison.Ordinal))
            {
                throw new FormatException("a process group's name is empty, too long, or not printable");
            }

            if (!names.Add(group.Name))
            {
                throw new FormatException($"process group {group.Name} is there twice");
            }

            if (!Path.IsPathRooted(group.App.Path))
            {
                throw new FormatException($"process group {group.Name}: the application's path is not absolute");
            }

            if (group.Env.Any(pair => pair is not [{ Length: > 0 }, not null]
                || pair[0].Contains('=', StringComparison.Ordinal)))
            {
                throw new FormatException($"process group {group.Name}: an environment variable is not a pair");
            }
        }
    }
}
