using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-").FullName;

    [Fact]
    public void Lines_of_env_file_that_are_passed_over_are_named_without_what_they_have()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, ["# a comment", "", "A=1", "BAD LINE", "=secret", " B = 2", "C="]);
            Assert.Equal($"env-file {path}: not NAME=VALUE, so passed over: line 4, 5", EnvironmentFileCheck.Warning(path));
            File.WriteAllLines(path, ["A=1"]);
            Assert.Equal("", EnvironmentFileCheck.Warning(path));
            Assert.Equal("", EnvironmentFileCheck.Warning(path + ".missing"));
            Assert.Equal("", EnvironmentFileCheck.Warning(""));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_configuration_is_read_with_its_defaults()
    {
        var configuration = Read("""
            {"version":1,"generation":7,"server":"nginx","masterPid":12,"user":33,"group":33,"unknown":[1],
             "groups":[{"name":"shop","app":{"path":"/srv/Shop.dll","kind":"native","name":"Shop","contentRoot":"/srv"},
                        "options":{"processes":"2","memory-limit":"512m"},"env":[["A","1"],["B",""]]}]}
            """);
        Assert.Equal(7u, configuration.Generation);
        Assert.Equal("stderr", configuration.ErrorLog);
        var spec = GroupSpec.Of(configuration, configuration.Groups.Single());
        Assert.Equal(AppKind.Native, spec.Group.App.Kind);
        Assert.Equal(512 << 20, spec.Options.MemoryLimit);
        Assert.Equal(["A", "1"], spec.Group.Env[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"version":2}""")]
    [InlineData("""{"version":1,"errorLog":null}""")]
    [InlineData("""{"version":1,"groups":[{"name":"a","app":{"path":"relative"}}]}""")]
    [InlineData("""{"version":1,"groups":[{"name":"a b","app":{"path":"/a"}}]}""")]
    [InlineData("""{"version":1,"groups":[{"name":"a","app":{"path":"/a","kind":"other"}}]}""")]
    [InlineData("""{"version":1,"groups":[{"name":"a","app":{"path":"/a"}},{"name":"a","app":{"path":"/a"}}]}""")]
    [InlineData("""{"version":1,"groups":[{"name":"a","app":{"path":"/a"},"env":[["A"]]}]}""")]
    public void What_is_not_good_is_refused_with_the_files_name(string text)
    {
        var error = Assert.Throws<FormatException>(() => Read(text));
        Assert.Contains(_folder, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_highest_generation_is_found_by_its_number()
    {
        foreach (var number in (string[])["2", "10", "9", "x", "1.5"])
        {
            File.WriteAllText(Path.Combine(_folder, $"config-{number}.json"), "{}");
        }

        Assert.Equal(10u, ConfigurationFile.Highest(_folder));
    }

    [Fact]
    public void A_change_is_sorted_into_what_it_means()
    {
        var before = Configuration(Specs.Group("same", "1"), Specs.Group("live", "1", ("processes", "1")),
            Specs.Group("changed", "1"), Specs.Group("gone", "1"));
        var known = before.Groups.ToDictionary(group => group.Name, group => GroupSpec.Of(before, group).Fingerprint);
        var change = ConfigurationChange.Between(known, Configuration(Specs.Group("same", "1") with { ErrorLog = "/x" },
            Specs.Group("live", "1", ("processes", "4")), Specs.Group("changed", "2"), Specs.Group("new", "1")));
        Assert.Equal(["new"], change.Added.Select(spec => spec.Name));
        Assert.Equal(["same", "live"], change.Unchanged.Select(spec => spec.Name));
        Assert.Equal(["changed"], change.Changed.Select(spec => spec.Name));
        Assert.Equal(["gone"], change.Removed);
    }

    [Theory]
    [InlineData("threads", "4", true)]
    [InlineData("user", "games", true)]
    [InlineData("gc-heap-limit", "1g", true)]
    [InlineData("graceful-timeout", "5s", false)]
    [InlineData("maximum-requests", "5", false)]
    public void Some_options_need_new_workers(string option, string value, bool needed)
    {
        var changed = Specs.Of((option, value)).Fingerprint != Specs.Of().Fingerprint;
        Assert.Equal(needed, changed);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static SupervisorConfiguration Configuration(params GroupConfiguration[] groups) =>
        new() { Version = 1, Generation = 2, Groups = groups };

    private SupervisorConfiguration Read(string text)
    {
        var path = Path.Combine(_folder, "config-1.json");
        File.WriteAllText(path, text);
        return ConfigurationFile.Read(path);
    }
}
