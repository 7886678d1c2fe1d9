using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Groups;

/// <summary>A rolling restart that is under way.</summary>
/// <param name="Spec">What the new workers are made by.</param>
/// <param name="Version">Of the new workers.</param>
/// <param name="Reason">For the log: "the configuration has changed".</param>
internal sealed record RollingRestart(GroupSpec Spec, int Version, string Reason);
