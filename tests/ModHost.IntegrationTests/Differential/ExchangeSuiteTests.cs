using System.Globalization;
using System.Text.RegularExpressions;
using ModHost.IntegrationTests.Hosting;
using Xunit.Abstractions;

namespace ModHost.IntegrationTests.Differential;

/// <summary>
/// The exchange suite: the list of scenarios in tests/native/stub, which the native suite runs against the stub in C,
/// against the probe. Those that no C# application can have are marked there, with the reason.
/// </summary>
[Collection(AloneInTheRun.Name)]
public sealed partial class ExchangeSuiteTests(ITestOutputHelper output)
{
    private const int Fewest = 60;

    [Theory]
    [InlineData(AppRuntime.Jit)]
    [InlineData(AppRuntime.Aot)]
    public async Task The_probe_passes_the_scenarios_of_the_stub(AppRuntime runtime)
    {
        var folder = Path.Combine(Settings.RepositoryRoot, "tests", "native", "stub");
        var (code, text) = await Child.TryRun("python3", ["-B", Path.Combine(folder, "scenarios.py")], folder,
            new Dictionary<string, string?>
            {
                ["MODHOST_NGINX"] = Settings.Nginx,
                ["MODHOST_APACHE"] = Settings.Apache,
                ["MODHOST_APACHE_MODULES"] = Settings.ApacheModules,
                ["MODHOST_MODULE"] = Settings.Server == ServerKind.Nginx ? Settings.NginxModule : Settings.ApacheModule,
                ["MODHOST_TEST_SERVER"] = Settings.ServerName,
                ["MODHOST_STUB"] = await AppBuild.Of("Probe", runtime),
                ["MODHOST_TARGET"] = runtime.ToString().ToLowerInvariant(),
                ["MODHOST_TEST_MODE"] = Settings.Daemon ? "daemon" : "embedded",

                // Scenarios with a server of their own are about processes: in daemon mode each runtime has its own kind.
                ["MODHOST_OWN_SERVERS"] = Settings.Daemon || Settings.Full || runtime == AppRuntime.Jit ? "1" : "0",
                ["MODHOST_RELOADS"] = $"{Settings.Count(full: 10, usual: 2)}",
                ["MODHOST_STRESS_SECONDS"] = $"{Settings.Count(full: 20, usual: 5)}",
            }, TimeSpan.FromMinutes(40));

        output.WriteLine(text);
        Assert.True(code == 0, text);
        var passed = int.Parse(Passed().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(passed, Fewest, int.MaxValue);
    }

    [GeneratedRegex(@"^(\d+) passed, 0 failed", RegexOptions.Multiline)]
    private static partial Regex Passed();
}
