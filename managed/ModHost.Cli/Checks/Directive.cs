namespace ModHost.Cli.Checks;

/// <summary>A directive as a web server read it.</summary>
/// <param name="Block">Names of the blocks around it, from the outside: "http", "server".</param>
/// <param name="Scopes">Which blocks these are: a number for each.</param>
/// <param name="Opens">The number of the block that it begins; 0: none.</param>
internal sealed record Directive(IReadOnlyList<string> Block, IReadOnlyList<int> Scopes, IReadOnlyList<string> Words, int Opens = 0)
{
    public string Name => Words[0];

    public string First => Words.Count > 1 ? Words[1] : "";

    /// <summary>Whether it holds where <paramref name="other"/> stands, unless something nearer does.</summary>
    public bool HoldsFor(Directive other) =>
        Scopes.Count <= other.Scopes.Count && Scopes.SequenceEqual(other.Scopes.Take(Scopes.Count));
}

/// <summary>What is looked for among directives; Apache's names have no case.</summary>
internal static class Directives
{
    public static IEnumerable<Directive> Named(this IEnumerable<Directive> all, string name) =>
        all.Where(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first word of the last one of that name; null: there is none.</summary>
    public static string? Last(this IEnumerable<Directive> all, string name) => all.Named(name).LastOrDefault()?.First;

    /// <summary>What holds at a place: the innermost one around it.</summary>
    public static string? Inherited(this IEnumerable<Directive> all, Directive place, string name) => all.Named(name)
        .Where(one => one.HoldsFor(place)).OrderBy(one => one.Scopes.Count).LastOrDefault()?.First;
}
