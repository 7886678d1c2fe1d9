using System.CommandLine;
using ModHost.Cli.Tests.EndToEnd;

namespace ModHost.Cli.Tests.Options;

/// <summary>What cannot be: one line that says where to look, and code 2.</summary>
public class WrongValueTests
{
    private const string Nowhere = "/no/such/place";

    /// <summary>One for each option that has a value, whatever command it belongs to.</summary>
    private static readonly Dictionary<string, string> s_wrong = new(StringComparer.Ordinal)
    {
        ["--access-log"] = "",
        ["--certificate"] = Nowhere,
        ["--client-timeout"] = "soon",
        ["--document-root"] = Nowhere,
        ["--dotnet-root"] = Nowhere,
        ["--env-file"] = Nowhere,
        ["--graceful-timeout"] = "-1",
        ["--group"] = "",
        ["--host"] = "nowhere.example",
        ["--https-port"] = "65536",
        ["--inactivity-timeout"] = "1 day",
        ["--include-file"] = Nowhere,
        ["--interval"] = "0",
        ["--keep-alive-timeout"] = "10x",
        ["--key"] = Nowhere,
        ["--limit-request-body"] = "10x",
        ["--lines"] = "all",
        ["--log-format"] = "",
        ["--log-level"] = "loud",
        ["--max-concurrency"] = "0",
        ["--mode"] = "cgi",
        ["--mount-point"] = "shop",
        ["--name"] = "a/b",
        ["--port"] = "web",
        ["--processes"] = "0",
        ["--queue-timeout"] = "never",
        ["--request-timeout"] = "soon",
        ["--run-directory"] = Nowhere,
        ["--server"] = "iis",
        ["--server-name"] = "a b",
        ["--setenv"] = "NAME",
        ["--shutdown-timeout"] = "10ss",
        ["--startup-timeout"] = "",
        ["--state-directory"] = Nowhere,
        ["--target"] = "",
        ["--trust-proxy"] = "10.0.0.0/33",
        ["--url-alias"] = "/static",
        ["--user"] = "",
        ["--watch"] = Nowhere,
        ["--workers"] = "many",
        ["--working-directory"] = Nowhere,
    };

    public static TheoryData<string> Commands => [.. Definitions.Commands.Select(command => command.Name)];

    [Fact]
    public void Every_option_with_a_value_has_one_that_is_wrong() => Assert.Equal(
        Definitions.Commands.SelectMany(command => command.Options).Where(HasValue).Select(option => option.Name).Distinct()
            .Order(StringComparer.Ordinal), s_wrong.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_wrong_value_of_any_option_is_one_line_and_code_2(string command)
    {
        foreach (var option in Definitions.Commands.Single(one => one.Name == command).Options)
        {
            await IsRefused(command, option.Name, HasValue(option) ? [option.Name, s_wrong[option.Name]] : [$"{option.Name}=perhaps"]);
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_value_that_is_missing_and_a_word_that_nobody_knows_are_one_line_and_code_2(string command)
    {
        foreach (var option in Definitions.Commands.Single(one => one.Name == command).Options.Where(HasValue))
        {
            await IsRefused(command, option.Name, [option.Name]);
        }

        await IsRefused(command, "--no-such-option", ["--no-such-option"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("serve")]
    [InlineData("start-server")]
    [InlineData("module-config iis")]
    [InlineData("completion tcsh")]
    [InlineData("start-server a.dll b.dll")]
    public async Task What_is_no_command_is_one_line_and_code_2(string typed)
    {
        var (code, output) = await RunningCommand.Run(typed.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((ExitCode.Usage, 1), (code, output.Trim().Split('\n').Length));
        Assert.StartsWith("modhost", output.Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--user nobody", "--user needs --mode daemon: embedded, an application has the web server's user")]
    [InlineData("--reload-on-changes",
        "--reload-on-changes needs --mode daemon: embedded, a reload of the web server takes up a new version")]
    public async Task What_an_embedded_site_cannot_do_is_one_line_and_code_2(string typed, string said)
    {
        var (code, output) = await RunningCommand.Run(["setup-server", "/App.dll", "--target", Nowhere, .. typed.Split(' ')]);

        Assert.Equal((ExitCode.Usage, $"modhost: {said}"), (code, output.Trim()));
    }

    private static bool HasValue(Option option) => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);

    private static async Task IsRefused(string command, string option, string[] typed)
    {
        string[] arguments = [.. Definitions.Commands.Single(one => one.Name == command).Arguments
            .Where(argument => argument.Arity.MinimumNumberOfValues > 0).Select(_ => Path.Combine("/", "App.dll"))];
        var (code, output) = await RunningCommand.Run([command, .. arguments, .. typed]);
        output = output.Trim();

        var said = $"modhost {command} {string.Join(' ', typed)}: {code}: {output}";
        Assert.True(code == ExitCode.Usage, said);
        Assert.True(!output.Contains('\n', StringComparison.Ordinal), said);
        Assert.True(output.StartsWith("modhost", StringComparison.Ordinal) && output.Contains(option, StringComparison.Ordinal), said);
        Assert.DoesNotMatch(RunningCommand.Escape(), output);
    }
}
