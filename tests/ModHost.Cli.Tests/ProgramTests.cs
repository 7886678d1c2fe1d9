using ModHost.Cli.Configuration;
using ModHost.Cli.WebServers;

namespace ModHost.Cli.Tests;

public class ProgramTests
{
    [Theory]
    [InlineData("sh", true)]
    [InlineData("/bin/sh", true)]
    [InlineData("no-such-program-0123", false)]
    [InlineData("/no/such/program", false)]
    public void A_variable_names_a_program_by_its_path_or_as_one_of_the_path(string given, bool found)
    {
        const string Variable = "MODHOST_TEST_PROGRAM";
        Environment.SetEnvironmentVariable(Variable, given);

        var program = Programs.Find(Variable, "true");

        Assert.Equal(found, program?.EndsWith("/sh", StringComparison.Ordinal) == true);
        Assert.Equal(found, program is not null);
    }

    [Fact]
    public void Without_a_module_for_the_script_pages_cannot_load_themselves_anew()
    {
        var plan = Plans.Plain with { Development = new DevelopmentPlan("/s", "/failed", Refresh: true) };
        var without = new NginxServer("nginx", new Version(1, 22, 1), "module.so", "--with-http_ssl_module");
        var with = new NginxServer("nginx", new Version(1, 22, 1), "module.so", "--with-http_ssl_module --with-http_sub_module");

        Assert.Contains("--no-browser-refresh", without.Missing(plan), StringComparison.Ordinal);
        Assert.Null(without.Missing(plan with { Development = plan.Development with { Refresh = false } }));
        Assert.Null(with.Missing(plan));
    }
}
