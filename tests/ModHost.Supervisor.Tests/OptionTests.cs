using System.Text.RegularExpressions;
using ModHost.Supervisor.Configuration;

namespace ModHost.Supervisor.Tests;

public sealed class OptionTests
{
    [Fact]
    public void Every_key_of_the_table_has_a_property_and_every_property_a_key()
    {
        var table = File.ReadAllText(Path.Combine(Repository.Root, "native/core/daemon.def"));
        var keys = Regex.Matches(table, @"^MH_DAEMON_OPTION\((\w+),", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value.Replace('_', '-'));
        Assert.Equal(keys, ProcessGroupOptions.Keys);
        var properties = typeof(ProcessGroupOptions).GetProperties()
            .Where(property => property.GetMethod!.IsStatic == false).Select(property => property.Name);
        Assert.Equal(ProcessGroupOptions.Keys.Select(Pascal), properties);
    }

    [Fact]
    public void Defaults_are_those_of_the_table()
    {
        var table = File.ReadAllText(Path.Combine(Repository.Root, "native/core/daemon.def"));
        var typed = Regex.Matches(table, @"^MH_DAEMON_OPTION\((\w+), \w+, ""([^""]+)""", RegexOptions.Multiline)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Assert.NotEmpty(typed);
        var (silent, explicitly) = (Parse(), ProcessGroupOptions.Parse(typed));
        foreach (var property in typeof(ProcessGroupOptions).GetProperties().Where(one => !one.GetMethod!.IsStatic))
        {
            if (property.Name is not nameof(ProcessGroupOptions.CpuPriority))
            {
                Assert.Equal(property.GetValue(explicitly), property.GetValue(silent));
            }
        }
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10", 10_000)]
    [InlineData("10s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("0", 0)]
    public void Times_have_units(string text, long milliseconds) => Assert.Equal(milliseconds, OptionText.Time(text));

    [Theory]
    [InlineData("10x")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public void What_is_no_time_is_refused(string text) =>
        Assert.Throws<FormatException>(() => OptionText.Time(text));

    [Fact]
    public void Bounds_of_the_number_of_processes_follow_what_was_given()
    {
        Assert.Equal((1, 1, 1), Counts());
        Assert.Equal((3, 3, 3), Counts(("processes", "3")));
        Assert.Equal((1, 0, 1), Counts(("processes", "1"), ("min-processes", "0")));
        Assert.Equal((1, 1, 4), Counts(("max-processes", "4")));
        Assert.Equal((2, 2, 4), Counts(("min_processes", "2"), ("max_processes", "4")));
        Assert.Throws<FormatException>(() => Counts(("processes", "5"), ("max-processes", "4")));
        Assert.Throws<FormatException>(() => Counts(("min-processes", "5"), ("max-processes", "4")));
    }

    [Fact]
    public void An_unknown_key_and_a_bad_value_are_named()
    {
        Assert.Contains("colour", Assert.Throws<FormatException>(() => Parse(("colour", "red"))).Message, StringComparison.Ordinal);
        Assert.Contains("umask", Assert.Throws<FormatException>(() => Parse(("umask", "9"))).Message, StringComparison.Ordinal);
    }

    private static (int, int, int) Counts(params (string, string)[] options)
    {
        var parsed = Parse(options);
        return (parsed.Processes, parsed.MinProcesses, parsed.MaxProcesses);
    }

    private static ProcessGroupOptions Parse(params (string Name, string Text)[] options) =>
        ProcessGroupOptions.Parse(options.ToDictionary(option => option.Name, option => option.Text));

    private static string Pascal(string key) =>
        string.Concat(key.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
