using System.Collections;
using ModHost.Cli.Applications;
using ModHost.Cli.Configuration;
using ModHost.Cli.Running;

namespace ModHost.Cli.Development;

/// <summary>
/// What an application finds around it while it is developed: the same as under <c>dotnet run</c>. Its folder and its content
/// root are the project's, not those of a build that the next one replaces, and its environment is the terminal's.
/// </summary>
internal static class ProjectSurroundings
{
    private static readonly string[] s_contentRoots = ["DOTNET_CONTENTROOT", "ASPNETCORE_CONTENTROOT"];

    // Of the shell itself, and of this command.
    private static readonly string[] s_left = ["_", "PWD", "OLDPWD", "SHLVL", "INVOCATION_ID", "NOTIFY_SOCKET", "LISTEN_FDS"];
    private const string Own = "MODHOST_";

    // Of who typed, where somebody else runs the application.
    private static readonly string[] s_personal = ["HOME", "USER", "LOGNAME", "MAIL", "XDG_RUNTIME_DIR"];

    /// <param name="identity">Who runs the application; null: who typed.</param>
    public static ServerPlan Around(ServerPlan plan, Project project, StateDirectory directory, ServerIdentity? identity) => plan with
    {
        WorkingDirectory = project.Folder,
        EnvironmentFile = directory.Write("environment", string.Concat(Terminal(identity).Select(variable => $"{variable.Name}=\"{variable.Value}\"\n"))),
        Environment = [.. plan.Environment, .. s_contentRoots.Where(name => plan.Environment.All(given => given.Name != name))
            .Select(name => new NameValue(name, project.Folder))],
    };

    private static IEnumerable<NameValue> Terminal(ServerIdentity? identity)
    {
        var isOther = identity is { Account.User: not 0 };
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            var (name, value) = ((string)entry.Key, (string?)entry.Value ?? "");
            if (IsPlain(name) && !value.Contains('\n', StringComparison.Ordinal) && !s_left.Contains(name)
                && !name.StartsWith(Own, StringComparison.Ordinal) && !(isOther && s_personal.Contains(name)))
            {
                yield return new NameValue(name, value);
            }
        }

        // User secrets lie there.
        if (isOther && identity!.Account.Home.Length > 0)
        {
            yield return new NameValue("HOME", identity.Account.Home);
        }
    }

    // Shells keep functions under other names.
    private static bool IsPlain(string name) => name.Length > 0 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
