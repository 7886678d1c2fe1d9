using System.Globalization;
using ModHost.Cli.Checks;
using ModHost.Cli.WebServers;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>Who a web server's workers and the application are, where root starts them.</summary>
/// <param name="Group">Its name.</param>
internal sealed record ServerIdentity(Account Account, string Group)
{
    // Whom distributions have web servers run as, and who is everywhere.
    private static readonly string[] s_usual = ["www-data", "apache", "nobody"];

    /// <summary>Somebody else, where it is root and the web server does not serve as root.</summary>
    /// <param name="application">What has to be readable; null: it will be.</param>
    public ServerIdentity For(WebServer server, string? user, string? application)
    {
        if (Account.User != 0 || server.ServesAsRoot)
        {
            return this;
        }

        if (user is not null || s_usual.Select(Account.Find).OfType<Account>().FirstOrDefault() is not { } other)
        {
            throw CommandException.Wrong($"{server.Name} does not serve as root; say who is to do it with --user");
        }

        if (application is not null && FileAccessCheck.Obstacle(application, other) is { } obstacle)
        {
            throw CommandException.Wrong($"{server.Name} does not serve as root, to whom {application} belongs, and {other.Name} "
                + $"cannot get at {obstacle}; say who is to serve with --user");
        }

        return new ServerIdentity(other, Account.GroupName(other.Group) ?? other.Name);
    }

    /// <summary>
    /// As it was asked for, else the owner of the application; null: this is not root, and all is done by its own user.
    /// </summary>
    public static ServerIdentity? Choose(string? user, string? group, string application)
    {
        if (Account.Effective != 0)
        {
            return user is null ? null
                : throw CommandException.Wrong("--user needs root; without it the application runs as who starts it");
        }

        var owner = PathStatus.Of(application)?.User ?? 0;
        var name = user ?? owner.ToString(CultureInfo.InvariantCulture);
        var account = Account.Find(name) is { } found && found.Name.Any(char.IsAsciiLetter) ? found
            : throw CommandException.Wrong(user is null
                ? $"{application} belongs to user {owner}, who has no name here; say who is to run it with --user"
                : $"there is no user {user}");
        if (group is not null)
        {
            return Account.FindGroup(group) is { } number && Account.GroupName(number) is { } known
                ? new ServerIdentity(account with { Group = number }, known)
                : throw CommandException.Wrong($"there is no group {group}");
        }

        return new ServerIdentity(account, Account.GroupName(account.Group)
            ?? throw CommandException.Wrong($"the group of {account.Name} has no name here; say one with --group"));
    }
}
