using System.Globalization;
using ModHost.Supervisor.Groups;

namespace ModHost.Cli.Configuration;

/// <summary>Keys of the process group of a plan: the same for every web server.</summary>
internal static class GroupKeys
{
    /// <summary>key=value, in the order of docs/directives.md.</summary>
    public static IReadOnlyList<string> Of(ServerPlan plan)
    {
        var keys = new List<string>();
        Add("processes", plan.Processes);
        Add("max-concurrency", plan.MaxConcurrency?.ToString(CultureInfo.InvariantCulture));
        Add("user", plan.User);
        Add("group", plan.UserGroup);
        Add("env", plan.Development is { Debug: true } ? WorkerLimits.WaitForDebugger : null);
        Add("env-file", plan.EnvironmentFile);
        Add("home", plan.WorkingDirectory);
        Add("startup-timeout", plan.Timeouts.Startup);
        Add("request-timeout", plan.Timeouts.Request);
        Add("graceful-timeout", plan.Timeouts.Graceful);
        Add("shutdown-timeout", plan.Timeouts.Shutdown);
        Add("inactivity-timeout", plan.Timeouts.Inactivity);
        Add("reload-on", plan.ReloadOn);
        Add("allow-root", plan.User == "root" ? "on" : null);
        return keys;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                keys.Add($"{key}={value}");
            }
        }
    }
}
