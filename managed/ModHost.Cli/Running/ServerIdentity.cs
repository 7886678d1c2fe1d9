using System.Globalization;
using ModHost.Posix;

namespace ModHost.Cli.Running;

/// <summary>Who a web server's workers and the application are, where root starts them.</summary>
/// <param name="Group">Its name.</param>
internal sealed record ServerIdentity(Account Account, string Group)
{
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
