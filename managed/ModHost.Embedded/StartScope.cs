using System.Reflection;
using System.Runtime.CompilerServices;
using ModHost.Server.Hosting;

namespace ModHost.Embedded;

/// <summary>
/// What the process pretends while one application starts, so that every kind of host builder finds that
/// application's folder and name: environment variables of the managed side, the base directory, the entry assembly.
/// </summary>
/// <remarks>
/// One at a time (<see cref="AppRegistry"/>). The environment is put back at the end. Base directory and entry assembly
/// stay: with one application they are right for ever, and with several there is no right value; those started last
/// win, in the order of the configuration.
/// </remarks>
internal sealed class StartScope : IDisposable
{
    private readonly List<KeyValuePair<string, string?>> _previous = [];

    private StartScope()
    {
    }

    public static StartScope Enter(AppSettings settings)
    {
        var scope = new StartScope();

        // Each builder reads one of the two prefixes; none of them is asked for where the administrator set it.
        scope.SetDefault("DOTNET_CONTENTROOT", settings.ContentRoot);
        scope.SetDefault("ASPNETCORE_CONTENTROOT", settings.ContentRoot);
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            scope.Append("ASPNETCORE_HOSTINGSTARTUPASSEMBLIES", LegacyHostingStartup.AssemblyName);
        }

        AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY",
            Path.TrimEndingDirectorySeparator(Path.GetDirectoryName(settings.Path)!) + Path.DirectorySeparatorChar);
        if (settings.Alone)
        {
            Directory.SetCurrentDirectory(settings.ContentRoot);
        }

        return scope;
    }

    /// <summary>For the default application name, and all who ask for the entry assembly.</summary>
    public static void SetEntryAssembly(Assembly program) => Assembly.SetEntryAssembly(program);

    public void Dispose()
    {
        foreach (var (name, value) in _previous)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        _previous.Clear();
    }

    private void SetDefault(string name, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)))
        {
            Set(name, value);
        }
    }

    private void Append(string name, string value)
    {
        var before = Environment.GetEnvironmentVariable(name);
        Set(name, string.IsNullOrEmpty(before) ? value : $"{before};{value}");
    }

    private void Set(string name, string value)
    {
        _previous.Add(new(name, Environment.GetEnvironmentVariable(name)));
        Environment.SetEnvironmentVariable(name, value);
    }
}
