using System.Text;
using ModHost.Posix;

namespace ModHost.Supervisor;

/// <summary>
/// <c>modhostd --instance DIR</c>: started by the watchdog, its connection on descriptor 3.
/// <c>modhostd --config FILE [--instance DIR]</c>: alone, for a service manager.
/// <c>modhostd --version</c>: only says which one it is.
/// </summary>
internal sealed record Arguments(string? Instance, string? Configuration)
{
    private const int Usage = 64;

    /// <summary>Null: they are not understood.</summary>
    public static Arguments? Parse(string[] args)
    {
        var arguments = new Arguments(null, null);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--instance":
                    arguments = arguments with { Instance = Path.GetFullPath(args[i + 1]) };
                    break;
                case "--config":
                    arguments = arguments with { Configuration = Path.GetFullPath(args[i + 1]) };
                    break;
                default:
                    return null;
            }
        }

        return args.Length % 2 == 0 && (arguments.Instance ?? arguments.Configuration) is not null ? arguments : null;
    }

    public static int Help()
    {
        using var errors = new Descriptor(2, owns: false);
        _ = AppendFile.Write(errors, "usage: modhostd --config FILE [--instance DIRECTORY]\n"u8, regular: false);
        return Usage;
    }

    public static int Version()
    {
        using var output = new Descriptor(1, owns: false);
        var version = typeof(Arguments).Assembly.GetName().Version?.ToString(3);
        _ = AppendFile.Write(output, Encoding.UTF8.GetBytes($"modhostd {version}\n"), regular: false);
        return 0;
    }

    public DaemonPlace Place() => new(Instance ?? Default(), Configuration);

    // As a service manager says, or one for all that run alone.
    private static string Default() =>
        Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY")?.Split(':')[0] is { Length: > 0 } directory
            ? directory : "/run/modhost/alone";
}
