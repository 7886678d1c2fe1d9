using System.Text.RegularExpressions;

namespace ModHost.Cli.Checks;

/// <summary>How nginx's and Apache's directives correspond: nearly always by a rule.</summary>
internal static partial class DirectiveNames
{
    /// <param name="name">In canonical spelling: "run_directory".</param>
    public static string OfApache(string name) => name switch
    {
        "pass" => "ModHostAlias",
        "env" => "ModHostSetEnv",
        _ => "ModHost" + string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])),
    };

    /// <summary>A sentence in nginx's words, in Apache's.</summary>
    public static string ToApache(string sentence) => Directive().Replace(sentence, match => OfApache(match.Groups[1].Value))
        .Replace("nginx -t", "apachectl configtest", StringComparison.Ordinal);

    [GeneratedRegex(@"\bmodhost_([a-z]+(?:_[a-z]+)*)")]
    private static partial Regex Directive();
}
