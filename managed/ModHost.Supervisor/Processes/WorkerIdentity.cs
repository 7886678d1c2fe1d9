using System.Globalization;
using ModHost.Posix;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Processes;

/// <summary>Whom a group's workers run as, and which folders are theirs.</summary>
/// <param name="Switch">Whether the launcher has to change users: the supervisor is root.</param>
internal sealed record WorkerIdentity(
    bool Switch, uint User, uint Group, IReadOnlyList<uint> SupplementaryGroups, string UserName, string UserHome)
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Passable = UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <exception cref="FormatException">There is no such user or group, or it is root and must not be.</exception>
    public static WorkerIdentity Of(GroupSpec spec)
    {
        var options = spec.Options;
        var server = spec.Server;
        if (Account.Effective != 0)
        {
            // Whoever is not root can only be who it is; the web server has refused anything else.
            var self = Account.Find(Text(Account.Effective));
            return new WorkerIdentity(false, Account.Effective, self?.Group ?? server.Group, [], self?.Name ?? "",
                self?.Home ?? "");
        }

        var name = options.User.Length > 0 ? options.User : Text(server.User);
        var account = Account.Find(name) ?? throw new FormatException($"there is no user {name}");
        var group = options.Group.Length > 0 ? FindGroup(options.Group)
            : options.User.Length > 0 ? account.Group : server.Group;
        if (account.User == 0 && !options.AllowRoot)
        {
            throw new FormatException("the workers' user is root; allow-root=on would permit that");
        }

        return new WorkerIdentity(true, account.User, group, [.. options.SupplementaryGroups.Select(FindGroup)],
            account.Name, account.Home);
    }

    /// <summary>
    /// Makes the folder in which the application keeps what outlives a process: the worker's alone, whatever others
    /// may do to the folder above it.
    /// </summary>
    /// <returns>Null: there is none.</returns>
    public string? StateDirectory(GroupSpec spec)
    {
        var own = spec.Options.StateDirectory;
        var based = spec.Server.StateDirectory;
        var path = own.Length > 0 ? own : based.Length > 0 ? Path.Combine(based, spec.Name) : null;
        if (path is null)
        {
            return null;
        }

        if (!Directory.Exists(path))
        {
            if (own.Length == 0 && !Directory.Exists(based))
            {
                Directory.CreateDirectory(based, OwnerOnly | Passable);
            }

            Directory.CreateDirectory(path, OwnerOnly);
        }

        if (Switch)
        {
            Account.Own(path, User, Group);
        }

        return path;
    }

    private static uint FindGroup(string name) =>
        Account.FindGroup(name) ?? throw new FormatException($"there is no group {name}");

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
