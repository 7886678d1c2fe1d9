namespace ModHost.Embedded;

/// <summary>An application that cannot run here, for a reason with a tag; no stack is worth showing.</summary>
internal sealed class AppLoadException(string tag, string message) : Exception(message)
{
    public string Tag { get; } = tag;
}
