using ModHost.Server.Hosting;

namespace ModHost.Worker.Process;

/// <summary>
/// Environment variables (of the managed side) by which every kind of host builder finds the application's folder and,
/// where it is a WebHostBuilder, ModHost's server. They are taken back when the host has started.
/// </summary>
internal static class StartEnvironment
{
    private const string Startups = "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES";

    private static readonly Lock s_gate = new();
    private static readonly List<KeyValuePair<string, string?>> s_previous = [];

    public static void Enter(WorkerSettings settings, bool dynamicCode)
    {
        lock (s_gate)
        {
            // Neither is set where the administrator has set it.
            SetDefault("DOTNET_CONTENTROOT", settings.ContentRoot);
            SetDefault("ASPNETCORE_CONTENTROOT", settings.ContentRoot);
            if (dynamicCode)
            {
                var before = Environment.GetEnvironmentVariable(Startups);
                Set(Startups, string.IsNullOrEmpty(before)
                    ? LegacyHostingStartup.AssemblyName
                    : $"{before};{LegacyHostingStartup.AssemblyName}");
            }
        }
    }

    public static void Leave()
    {
        lock (s_gate)
        {
            foreach (var (name, value) in s_previous)
            {
                Environment.SetEnvironmentVariable(name, value);
            }

            s_previous.Clear();
        }
    }

    private static void SetDefault(string name, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
        {
            Set(name, value);
        }
    }

    private static void Set(string name, string value)
    {
        s_previous.Add(new(name, Environment.GetEnvironmentVariable(name)));
        Environment.SetEnvironmentVariable(name, value);
    }
}
