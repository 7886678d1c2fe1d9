namespace ModHost.Supervisor.Configuration;

/// <summary>What a new generation means for the groups that are there.</summary>
internal sealed class ConfigurationChange
{
    public List<GroupSpec> Added { get; } = [];

    /// <summary>Groups whose workers have to be replaced.</summary>
    public List<GroupSpec> Changed { get; } = [];

    /// <summary>Groups whose workers stay; settings that need no new workers may differ.</summary>
    public List<GroupSpec> Unchanged { get; } = [];

    public List<string> Removed { get; } = [];

    /// <exception cref="FormatException">A group's options are not understood; nothing may be changed then.</exception>
    public static ConfigurationChange Between(
        IReadOnlyDictionary<string, string> fingerprints, SupervisorConfiguration next)
    {
        var change = new ConfigurationChange();
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in next.Groups)
        {
            var spec = GroupSpec.Of(next, group);
            named.Add(spec.Name);
            var list = !fingerprints.TryGetValue(spec.Name, out var fingerprint) ? change.Added
                : fingerprint == spec.Fingerprint ? change.Unchanged : change.Changed;
            list.Add(spec);
        }

        change.Removed.AddRange(fingerprints.Keys.Where(name => !named.Contains(name)));
        return change;
    }
}
