using ModHost.Cli.Configuration;

namespace ModHost.Cli.Tests;

public class ConfigurationTests
{
    private const string Goldens = "tests/ModHost.Cli.Tests/Goldens";

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void Without_options_a_configuration_is_what_it_was(string server) =>
        Baseline.Check($"{Goldens}/plain.{server}.conf", Writer(server).Whole(Plans.Plain));

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void With_every_option_a_configuration_is_what_it_was(string server) =>
        Baseline.Check($"{Goldens}/full.{server}.conf", Writer(server).Whole(Plans.Full));

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void With_static_files_and_embedded_a_configuration_is_what_it_was(string server) =>
        Baseline.Check($"{Goldens}/embedded.{server}.conf", Writer(server).Whole(Plans.Full with
        {
            Group = null,
            Mount = "",
            Processes = null,
            WorkingDirectory = null,
            ReloadOn = null,
        }));

    [Theory]
    [InlineData("nginx", "daemon")]
    [InlineData("nginx", "https")]
    [InlineData("nginx", "daemon-https")]
    [InlineData("apache", "daemon")]
    [InlineData("apache", "https")]
    [InlineData("apache", "daemon-https")]
    public void In_each_mode_with_and_without_https_a_configuration_is_what_it_was(string server, string kind) =>
        Baseline.Check($"{Goldens}/plain-{kind}.{server}.conf", Writer(server).Whole(Plans.Of(kind)));

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void A_site_of_an_embedded_application_is_what_it_was(string server) =>
        Baseline.Check($"{Goldens}/site-embedded.{server}.conf", Writer(server).Site(Plans.Of("https") with
        {
            Port = 80,
            HttpsPort = 443,
            ServerNames = ["shop.example"],
            Logs = Plans.SiteLogs,
        }));

    [Theory]
    [InlineData("nginx")]
    [InlineData("apache")]
    public void A_site_is_what_it_was(string server) =>
        Baseline.Check($"{Goldens}/site.{server}.conf", Writer(server).Site(Plans.Full with
        {
            Logs = Plans.SiteLogs,
        }));

    [Fact]
    public void Newer_nginx_has_a_directive_for_http2()
    {
        var text = Writer("nginx").Whole(Plans.Full with { Places = Plans.Places with { ServerVersion = new Version(1, 26, 0) } });

        Assert.Contains("http2 on;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ssl http2", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain/path-1.dll", "plain/path-1.dll")]
    [InlineData("with space", "\"with space\"")]
    [InlineData("a\"b\\c;{}", "\"a\\\"b\\\\c;{}\"")]
    [InlineData("", "\"\"")]
    public void A_word_stays_one_word_in_nginx(string word, string written) =>
        Assert.Equal(written, NginxWriter.Quote(word));

    [Fact]
    public void Files_below_a_dollar_sign_are_refused_for_nginx()
    {
        var error = Assert.Throws<CommandException>(() => Writer("nginx").Whole(Plans.Plain with { DocumentRoot = "/srv/$x" }));

        Assert.Equal(ExitCode.Usage, error.Code);
    }

    [Fact]
    public void A_variable_of_Apaches_configuration_is_refused() =>
        Assert.Throws<CommandException>(() => ApacheWriter.Quote("${HOME}"));

    private static IConfigurationWriter Writer(string server) => server == "nginx" ? new NginxWriter() : new ApacheWriter();
}
