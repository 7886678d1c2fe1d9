using ModHost.Cli.CommandLine;
using ModHost.Cli.Configuration;

namespace ModHost.Cli.Tests;

public class ValueTests
{
    [Theory]
    [InlineData("--port", "0")]
    [InlineData("--port", "65536")]
    [InlineData("--port", "web")]
    [InlineData("--https-port", "-1")]
    [InlineData("--host", "nowhere.example")]
    [InlineData("--mode", "cgi")]
    [InlineData("--server", "iis")]
    [InlineData("--processes", "0")]
    [InlineData("--workers", "many")]
    [InlineData("--max-concurrency", "0")]
    [InlineData("--limit-request-body", "10x")]
    [InlineData("--request-timeout", "soon")]
    [InlineData("--setenv", "NAME")]
    [InlineData("--setenv", "=value")]
    [InlineData("--url-alias", "/static")]
    [InlineData("--url-alias", "static=/tmp")]
    [InlineData("--url-alias", "/static=/no/such/folder")]
    [InlineData("--mount-point", "shop")]
    [InlineData("--trust-proxy", "10.0.0.0/33")]
    [InlineData("--server-name", "a b")]
    [InlineData("--log-level", "loud")]
    [InlineData("--document-root", "/no/such/folder")]
    [InlineData("--certificate", "/no/such/file")]
    [InlineData("--env-file", "/no/such/file")]
    [InlineData("--include-file", "/no/such/file")]
    public void A_wrong_value_is_one_line_that_names_option_and_value(string option, string value)
    {
        var result = CommandTree.Build().Parse(["start-server", "App.dll", option, value]);

        var error = Assert.Single(result.Errors);
        Assert.StartsWith(option + ": ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Every_option_is_understood_by_both_commands_that_have_it()
    {
        foreach (var command in (string[])["start-server", "setup-server"])
        {
            var result = CommandTree.Build().Parse(
            [
                command, "App.dll", "--server", "nginx", "--mode", "daemon", "--host", "127.0.0.1", "--host", "::1", "--port", "80",
                "--https-port", "443", "--certificate", "/etc/hostname", "--key", "/etc/hostname", "--http2",
                "--server-name", "a.example", "--trust-proxy", "10.0.0.0/8", "--mount-point", "/shop", "--document-root", "/tmp",
                "--url-alias", "/a=/tmp", "--include-file", "/etc/hostname", "--processes", "2",
                "--max-concurrency", "5", "--limit-request-body", "10m", "--compress", "--setenv", "A=b=c",
                "--env-file", "/etc/hostname", "--working-directory", "/tmp", "--user", "nobody", "--group", "nogroup",
                "--dotnet-root", "/usr", "--startup-timeout", "1m", "--request-timeout", "30", "--queue-timeout", "500ms",
                "--graceful-timeout", "10s", "--shutdown-timeout", "5s", "--inactivity-timeout", "1h",
                "--keep-alive-timeout", "75s", "--client-timeout", "10s", "--access-log", "off", "--log-level", "warn",
                "--log-format", "combined", "--detailed-errors", "--reload-on-changes",
            ]);

            Assert.Empty(result.Errors);
        }
    }

    [Fact]
    public void A_variable_may_have_an_equals_sign_in_its_value() =>
        Assert.Equal(new NameValue("A", "b=c"), Values.Pair("A=b=c"));

    [Theory]
    [InlineData("/", "")]
    [InlineData("/shop", "/shop")]
    [InlineData("/shop/", "/shop")]
    public void A_mount_point_has_no_slash_at_its_end(string typed, string mount) =>
        Assert.Equal(mount, Values.Mount(typed));
}
