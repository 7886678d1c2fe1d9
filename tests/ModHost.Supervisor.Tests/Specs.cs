using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Tests;

/// <summary>Groups as a configuration would have them.</summary>
internal static class Specs
{
    public static ProcessGroupOptions Options(params (string Name, string Text)[] options) =>
        ProcessGroupOptions.Parse(Typed(options));

    public static GroupSpec Of(params (string Name, string Text)[] options) => Named("shop", "1", options);

    /// <summary>The same group with another application, so that its workers have to be replaced.</summary>
    public static GroupSpec Version(string version, params (string Name, string Text)[] options) =>
        Named("shop", version, options);

    public static GroupSpec Named(string name, string version, params (string Name, string Text)[] options) =>
        GroupSpec.Of(new SupervisorConfiguration { Version = 1, Generation = 1 }, Group(name, version, options));

    public static GroupConfiguration Group(string name, string version, params (string Name, string Text)[] options) =>
        new()
        {
            Name = name,
            App = new AppConfiguration { Path = $"/srv/{version}/App.dll", Name = "App", ContentRoot = "/srv" },
            Options = Typed(options),
        };

    private static Dictionary<string, string> Typed((string Name, string Text)[] options) =>
        options.ToDictionary(option => option.Name, option => option.Text);
}
