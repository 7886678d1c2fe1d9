using System.Globalization;
using System.Text.RegularExpressions;
using ModHost.Cli.Applications;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Development;

/// <summary>What a build has come to.</summary>
/// <param name="Folder">Where it is; null: there are errors.</param>
/// <param name="Errors">Each once, with file and line.</param>
internal sealed record BuildResult(string? Folder, IReadOnlyList<string> Errors, TimeSpan Took);

/// <summary>Builds a project again and again, each time into a folder of its own: workers have the last one open.</summary>
internal sealed partial class ProjectBuild(Project project, string folder)
{
    private const int Kept = 3;

    private int _number;

    public BuildResult Run()
    {
        var began = DateTime.UtcNow;
        var output = Path.Combine(folder, (++_number).ToString(CultureInfo.InvariantCulture));
        var program = Programs.Find("MODHOST_DOTNET", "dotnet") ?? throw new CommandException(
            "a project needs the .NET SDK, and there is no dotnet on the PATH; see https://learn.microsoft.com/dotnet/core/install/linux");
        var (code, text) = Programs.Output(program,
            ["build", project.File, "-c", "Debug", "-o", output, "--nologo", "-v", "quiet", "-p:UseAppHost=false"]);
        RemoveOld();
        var took = DateTime.UtcNow - began;
        if (code == 0)
        {
            return new BuildResult(output, [], took);
        }

        var errors = text.Split('\n').Select(line => line.Trim()).Where(line => Error().IsMatch(line))
            .Select(line => OfProject().Replace(line, "")).Distinct().ToArray();
        return new BuildResult(null, errors.Length > 0 ? errors : [text.Trim()], took);
    }

    // The one that runs, and the one before it, which may still finish requests.
    private void RemoveOld()
    {
        var old = Path.Combine(folder, (_number - Kept).ToString(CultureInfo.InvariantCulture));
        if (Directory.Exists(old))
        {
            Directory.Delete(old, recursive: true);
        }
    }

    [GeneratedRegex(@"\berror\b.*:")]
    private static partial Regex Error();

    [GeneratedRegex(@" \[[^\]]+proj(::TargetFramework=[^\]]+)?\]$")]
    private static partial Regex OfProject();
}
