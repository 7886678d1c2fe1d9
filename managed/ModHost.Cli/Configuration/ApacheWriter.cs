using System.Globalization;

namespace ModHost.Cli.Configuration;

/// <summary>A plan in Apache's words.</summary>
internal sealed partial class ApacheWriter : IConfigurationWriter
{
    // Some distributions build the first into the server, others build every one as a module.
    private static readonly string[] s_always =
        ["log_config", "unixd", "mpm_event", "authz_core", "authz_host", "alias", "dir", "mime", "rewrite"];

    public string FileName => "httpd.conf";

    public string ModuleLines(ServerPlaces places) => $"LoadModule modhost_module {Quote(places.Module)}\n";

    public string Whole(ServerPlan plan)
    {
        var text = new ConfigurationText();
        var places = plan.Places;
        text.Line("# Written by modhost start-server, for one run.");
        text.Line($"ServerRoot {Quote(places.Folder)}").Line($"DefaultRuntimeDir {Quote(places.Folder)}");
        text.Line($"PidFile {Quote(places.PidFile)}").Line("Mutex pthread default");
        foreach (var module in Modules(plan))
        {
            text.Block($"<IfModule !{module}_module>", "</IfModule>", () =>
                text.Line($"LoadModule {module}_module {Quote(Path.Combine(places.ServerModules, $"mod_{module}.so"))}"));
        }

        text.Line($"LoadModule modhost_module {Quote(places.Module)}");
        text.LineIf(plan.User, $"User {plan.User}");
        text.LineIf(plan.UserGroup, $"Group {plan.UserGroup}");
        text.Line($"ServerName {plan.MainName}").Line("ServerTokens Prod");
        WriteProcesses(text, plan);
        text.Line($"ErrorLog {Quote(plan.Logs.Error ?? "/dev/stderr")}").Line($"LogLevel {plan.Logs.Level}");
        WriteTypes(text);
        text.LineIf(places.Run, $"ModHostRunDirectory {Quote(places.Run ?? "")}");
        text.LineIf(places.State, $"ModHostStateDirectory {Quote(places.State ?? "")}");
        text.LineIf(places.Managed, $"ModHostManagedDirectory {Quote(places.Managed ?? "")}");
        text.LineIf(plan.DotnetRoot, $"ModHostDotnetRoot {Quote(plan.DotnetRoot ?? "")}");
        WriteGroup(text, plan);
        text.Line("<Directory />").Line("    AllowOverride None").Line("    Require all denied").Line("</Directory>");
        foreach (var address in Listeners(plan))
        {
            text.Line($"Listen {address.Address}{(address.Secure ? " https" : "")}");
        }

        WriteHosts(text, plan);
        return text.ToString();
    }

    public string Site(ServerPlan plan)
    {
        var text = new ConfigurationText();
        text.Line("# Written by modhost setup-server.");
        foreach (var address in Listeners(plan).Where(address => !address.IsUsual))
        {
            text.Line($"Listen {address.Address}{(address.Secure ? " https" : "")}");
        }

        text.LineIf(plan.DotnetRoot, $"ModHostDotnetRoot {Quote(plan.DotnetRoot ?? "")}");
        WriteGroup(text, plan);
        WriteHosts(text, plan);
        return text.ToString();
    }

    private static void WriteHosts(ConfigurationText text, ServerPlan plan)
    {
        foreach (var secure in (bool[])[false, true])
        {
            var addresses = Listeners(plan).Where(address => address.Secure == secure).Select(address => address.Address);
            if (addresses.Any())
            {
                text.Line();
                text.Block($"<VirtualHost {string.Join(' ', addresses)}>", "</VirtualHost>",
                    () => WriteHost(text, plan, secure));
            }
        }
    }

    private static void WriteHost(ConfigurationText text, ServerPlan plan, bool secure)
    {
        text.LineIf(plan.ServerNames.Count > 0, $"ServerName {plan.MainName}");
        text.LineIf(plan.ServerNames.Count > 1, $"ServerAlias {string.Join(' ', plan.ServerNames.Skip(1))}");
        if (secure)
        {
            text.Line("SSLEngine on").Line("SSLProtocol -all +TLSv1.2 +TLSv1.3");
            text.Line($"SSLCertificateFile {Quote(plan.Certificate!)}").Line($"SSLCertificateKeyFile {Quote(plan.Key!)}");
        }

        text.LineIf(plan.Http2, secure ? "Protocols h2 http/1.1" : "Protocols h2c http/1.1");
        WriteLogs(text, plan);
        WriteLimits(text, plan);
        if (plan.TrustedProxies.Count > 0)
        {
            text.Line("RemoteIPHeader X-Forwarded-For");
            text.Line($"RemoteIPTrustedProxy {string.Join(' ', plan.TrustedProxies)}");
        }

        text.LineIf(plan.Compress, $"AddOutputFilterByType DEFLATE text/html {string.Join(' ', ContentTypes.Compressible)}");
        foreach (var variable in plan.Environment)
        {
            text.Line($"ModHostSetEnv {Quote(variable.Name)} {Quote(variable.Value)}");
        }

        foreach (var include in plan.Includes)
        {
            text.Line($"Include {Quote(include)}");
        }

        WritePlaces(text, plan);
    }

    private static void WriteProcesses(ConfigurationText text, ServerPlan plan)
    {
        // A number that does not change: every child runs the application.
        var children = plan.Workers == "auto" ? Environment.ProcessorCount
            : int.Parse(plan.Workers, CultureInfo.InvariantCulture);
        var threads = Math.Clamp(plan.Connections / 4, 16, 64);
        text.Line(Invariant($"ServerLimit {children}")).Line(Invariant($"StartServers {children}"));
        text.Line(Invariant($"ThreadsPerChild {threads}")).Line(Invariant($"ThreadLimit {threads}"));
        text.Line(Invariant($"MaxRequestWorkers {children * threads}"));
        text.Line(Invariant($"MinSpareThreads {threads}")).Line(Invariant($"MaxSpareThreads {(children + 1) * threads}"));
        text.Line($"GracefulShutdownTimeout {Seconds(plan.Timeouts.Graceful ?? "30s")}");
    }

    private static void WriteLimits(ConfigurationText text, ServerPlan plan)
    {
        var limits = plan.Timeouts;
        text.Line(Invariant($"LimitRequestBody {Bytes(plan.RequestLimit ?? "0")}"));
        text.LineIf(plan.RequestLimit, $"ModHostMaxRequestBody {plan.RequestLimit}");
        text.LineIf(limits.KeepAlive, $"KeepAliveTimeout {Seconds(limits.KeepAlive ?? "0")}");
        text.LineIf(limits.Client, $"Timeout {Seconds(limits.Client ?? "0")}");
        text.LineIf(limits.Queue, $"ModHostQueueTimeout {limits.Queue}");
        text.LineIf(limits.Request, $"ModHostRequestTimeout {limits.Request}");
        text.LineIf(plan.DetailedErrors, "ModHostDetailedErrors On");
        if (plan.Group is null)
        {
            text.LineIf(limits.Startup, $"ModHostStartupTimeout {limits.Startup}");
            text.LineIf(limits.Shutdown, $"ModHostShutdownTimeout {limits.Shutdown}");
            text.LineIf(plan.MaxConcurrency, Invariant($"ModHostMaxConcurrency {plan.MaxConcurrency}"));
        }
    }

    /// <summary>Apache's own that a plan needs, but for those that make processes.</summary>
    internal static IEnumerable<string> ModulesOf(ServerPlan plan) => Modules(plan).Where(module => module != "mpm_event");

    private static IEnumerable<string> Modules(ServerPlan plan) =>
    [
        .. s_always,
        .. plan.Certificate is not null ? (string[])["socache_shmcb", "ssl"] : [],
        .. plan.Http2 ? (string[])["http2"] : [],
        .. plan.TrustedProxies.Count > 0 ? (string[])["remoteip"] : [],
        .. plan.Compress ? (string[])["filter", "deflate"] : [],
    ];

    private static void WriteGroup(ConfigurationText text, ServerPlan plan)
    {
        if (plan.Group is not null)
        {
            text.Line($"ModHostDaemonProcess {plan.Group} {string.Join(' ', GroupKeys.Of(plan).Select(Quote))}".TrimEnd());
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
