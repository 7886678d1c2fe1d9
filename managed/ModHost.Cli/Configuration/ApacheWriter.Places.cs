using System.Text.RegularExpressions;
using ModHost.Supervisor.Configuration;

namespace ModHost.Cli.Configuration;

/// <content>Places, files, logs and words.</content>
internal sealed partial class ApacheWriter
{
    private const string ShortFormat = "%h \"%r\" %>s %B %{ms}T";

    private static readonly string s_jsonFormat = (
        "{'time':'%{%Y-%m-%dT%H:%M:%S%z}t','client':'%h','method':'%m','uri':'%U%q','protocol':'%H','status':%>s,"
        + "'bytes':%B,'milliseconds':%{ms}T,'agent':'%{User-Agent}i','referer':'%{Referer}i'}").Replace('\'', '"');

    private static void WritePlaces(ConfigurationText text, ServerPlan plan)
    {
        foreach (var alias in plan.Aliases)
        {
            text.Line($"Alias {Quote(alias.Url + "/")} {Quote(alias.Folder + "/")}");
            WriteFolder(text, alias.Folder);
        }

        if (plan.StatusPath.Length > 0)
        {
            text.Block($"<Location {Quote(plan.StatusPath)}>", "</Location>",
                () => text.Line("SetHandler modhost-status").Line("Require local"));
        }

        WriteRules(text, plan);

        var group = plan.Group is null ? "" : $" process-group={plan.Group}";
        text.Line($"ModHostAlias {Quote(plan.Mount.Length == 0 ? "/" : plan.Mount)} {Quote(plan.App.Path)}{group}");
        text.Block($"<Location {Quote(plan.Mount.Length == 0 ? "/" : plan.Mount)}>", "</Location>",
            () => text.Line("Require all granted"));
    }

    // Files first, then the application: it is asked for what is no file, and for every method that files do not have.
    // Links of a page that lies at /shop would be those of /.
    private static void WriteRules(ConfigurationText text, ServerPlan plan)
    {
        var place = Regex.Escape(plan.Mount);
        text.LineIf(plan.DocumentRoot, $"DocumentRoot {Quote(plan.DocumentRoot ?? "")}");
        if (plan.DocumentRoot is { } folder)
        {
            WriteFolder(text, folder);
        }

        text.LineIf(plan.DocumentRoot is not null || plan.Mount.Length > 0, "RewriteEngine On");
        text.LineIf(plan.Mount.Length > 0, $"RewriteRule {RuleWord($"^{place}$")} {RuleWord(Literal(plan.Mount + "/"))} [R=301,L]");
        if (plan.DocumentRoot is { } root)
        {
            text.Line("RewriteCond %{REQUEST_METHOD} ^(GET|HEAD)$");
            text.Line($"RewriteCond {RuleWord(Literal(root) + "/$1")} -f");
            text.Line($"RewriteRule {RuleWord($"^{place}/(.+)$")} {RuleWord(Literal(root) + "/$1")} [END]");
        }
    }

    // What it is put together from in a rule: $1, %1, ${map:key}.
    private static string Literal(string text) => SpecialInRules().Replace(text, "\\$0");

    // mod_rewrite reads its lines itself, and leaves backslashes to patterns and substitutions.
    private static string RuleWord(string text) => text.Contains('\\', StringComparison.Ordinal) ? $"\"{text}\"" : Quote(text);

    private static void WriteFolder(ConfigurationText text, string folder) =>
        text.Block($"<Directory {Quote(folder)}>", "</Directory>",
            () => text.Line("Options FollowSymLinks").Line("AllowOverride None").Line("Require all granted"));

    private static void WriteTypes(ConfigurationText text)
    {
        text.Line("TypesConfig /dev/null");
        foreach (var (type, names) in ContentTypes.All)
        {
            text.Line($"AddType {type} {string.Join(' ', names.Split(' ').Select(name => "." + name))}");
        }
    }

    private static void WriteLogs(ConfigurationText text, ServerPlan plan)
    {
        // Of a site; a server that runs from the command line has one for all.
        text.LineIf(plan.Logs.Error, $"ErrorLog {Quote(plan.Logs.Error ?? "")}");
        text.LineIf(plan.Logs.Error, $"LogLevel {plan.Logs.Level}");
        if (plan.Logs.Access == "off")
        {
            return;
        }

        var format = plan.Logs.Format switch
        {
            "short" => ShortFormat,
            "combined" => "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
            "json" => s_jsonFormat,
            var own => own,
        };
        // Who starts the server asks for its state, and nobody else; that is no news.
        var but = plan.StatusPath.Length > 0 ? $" \"expr=%{{REQUEST_URI}} != '{plan.StatusPath}'\"" : "";
        text.Line($"CustomLog {Quote(plan.Logs.Access ?? "/dev/stdout")} {Quote(format)}{but}");
    }

    // Where Debian's configuration listens in any case is no matter of a site.
    private static IEnumerable<(string Address, bool Secure, bool IsUsual)> Listeners(ServerPlan plan)
    {
        foreach (var address in ListenAddress.Of(plan, "*"))
        {
            if (plan.Port is { } port)
            {
                yield return (Invariant($"{address}:{port}"), false, address == "*" && port == 80);
            }

            if (plan.HttpsPort is { } secure)
            {
                yield return (Invariant($"{address}:{secure}"), true, address == "*" && secure == 443);
            }
        }
    }

    [GeneratedRegex("[$%\\\\\"]")]
    private static partial Regex SpecialInRules();

    private static string Seconds(string time) => Invariant($"{(OptionText.Time(time) + 999) / 1000}");

    private static string Bytes(string size) => Invariant($"{OptionText.Size(size)}");

    /// <summary>One word, whatever is in it, but for a variable of the configuration, which nothing takes away.</summary>
    internal static string Quote(string value)
    {
        if (value.Contains("${", StringComparison.Ordinal))
        {
            throw CommandException.Wrong($"Apache cannot be given '{value}': it would put a variable in the place of ${{…}}");
        }

        return value.Length > 0
            && value.All(character => char.IsAsciiLetterOrDigit(character) || "/._-=:,@+".Contains(character))
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
