namespace ModHost.Cli.Checks;

/// <summary>
/// What the web servers warn of where their logs take warnings, which nginx's does not unless it is told to.
/// </summary>
internal static class GroupChecks
{
    private const string Subject = "process group";
    private const string Impostor = "MH0236";
    private const string Unused = "MH0237";

    public static IEnumerable<Finding> Of(ServerConfiguration configuration)
    {
        var used = configuration.UsedGroups.ToArray();
        foreach (var group in configuration.Groups.Except(used))
        {
            yield return Doubt(configuration, Unused, $"{group.Name} runs nothing");
        }

        if (configuration.IsPrivileged && used.Length > 1
            && used.FirstOrDefault(group => group.ReaderOr(configuration.User).User == configuration.User.User) is { } impostor)
        {
            yield return Doubt(configuration, Impostor, $"{impostor.Name} has the web server's own user, {configuration.User.Name}");
        }
    }

    private static Finding Doubt(ServerConfiguration configuration, string tag, string text)
    {
        var remedy = ErrorReference.Remedy(tag) ?? "";
        return Finding.Doubt(Subject, $"{tag}: {text}", configuration.IsNginx ? remedy : DirectiveNames.ToApache(remedy));
    }
}
