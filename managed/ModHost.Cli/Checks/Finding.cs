namespace ModHost.Cli.Checks;

/// <summary>What a check has come to.</summary>
internal enum Level
{
    Ok,
    Warning,
    Error,
}

/// <summary>One line of <c>modhost check</c>.</summary>
/// <param name="Subject">What was looked at: "module".</param>
/// <param name="Remedy">What to do; empty where nothing is to be done.</param>
internal sealed record Finding(Level Level, string Subject, string Text, string Remedy = "")
{
    public static Finding Good(string subject, string text) => new(Level.Ok, subject, text);

    public static Finding Doubt(string subject, string text, string remedy) => new(Level.Warning, subject, text, remedy);

    public static Finding Bad(string subject, string text, string remedy) => new(Level.Error, subject, text, remedy);
}
