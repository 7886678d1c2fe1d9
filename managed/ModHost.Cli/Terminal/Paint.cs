namespace ModHost.Cli.Terminal;

/// <summary>Escape codes that every terminal knows.</summary>
internal static class Paint
{
    public const string Off = "\e[0m";
    public const string Bold = "\e[1m";
    public const string Dim = "\e[2m";
    public const string Red = "\e[31m";
    public const string Green = "\e[32m";
    public const string Yellow = "\e[33m";
    public const string Cyan = "\e[36m";
}
