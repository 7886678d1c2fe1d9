using System.Globalization;
using ModHost.Posix;

namespace ModHost.Cli.Checks;

/// <summary>Somebody who has to read files.</summary>
/// <param name="Groups">Null: not known, so any may be among them.</param>
internal sealed record FileReader(string Name, uint User, IReadOnlySet<uint>? Groups = null)
{
    private const string GroupFile = "/etc/group";

    public bool IsRoot => User == 0;

    /// <summary>The group to give a file to, for chgrp: its name or number.</summary>
    public string Group { get; init; } = Name;

    /// <summary>A web server's processes: they have all groups of their user.</summary>
    /// <param name="user">Null, or one that this machine does not know: who this process is.</param>
    public static FileReader OfServer(string? user, string? group)
    {
        if (user is null || Account.Find(user) is not { } account)
        {
            return new FileReader(Environment.UserName, Account.Effective);
        }

        var own = group is null ? account.Group : Account.FindGroup(group) ?? account.Group;
        return new FileReader(account.Name, account.User, GroupsOf(account.Name) is { } more
            ? new HashSet<uint>(more) { own } : null)
        {
            Group = NameOf(own),
        };
    }

    /// <summary>A process group's workers: they have the groups that are named and no others.</summary>
    /// <param name="server">Whose they are where nothing else is said.</param>
    public static FileReader OfWorker(FileReader server, string? user, string? group, IEnumerable<string> more)
    {
        if (user is null || Account.Find(user) is not { } account)
        {
            return server;
        }

        var own = group is null ? account.Group : Account.FindGroup(group) ?? account.Group;
        var groups = new HashSet<uint> { own };
        groups.UnionWith(more.Select(Account.FindGroup).OfType<uint>());
        return new FileReader(account.Name, account.User, groups) { Group = NameOf(own) };
    }

    private static string NameOf(uint group) => Account.GroupName(group) ?? group.ToString(CultureInfo.InvariantCulture);

    // Those that are not in this file are in a directory of the network, which is not asked.
    private static uint[]? GroupsOf(string user) => File.Exists(GroupFile)
        ? File.ReadLines(GroupFile).Select(line => line.Split(':'))
            .Where(parts => parts.Length == 4 && parts[3].Split(',').Contains(user, StringComparer.Ordinal))
            .Select(parts => uint.TryParse(parts[2], out var number) ? number : (uint?)null).OfType<uint>().ToArray()
        : null;
}
